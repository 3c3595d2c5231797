import { type ReactNode, useRef, useState } from "react";
import { Icon } from "@/ui/Icon";
import { MenuItem, Popover } from "@/ui/Menu";
import { ChartTable } from "./ChartTable";
import { toCsv } from "./shape";
import { TimeChart, type TimeChartProps } from "./TimeChart";

interface ChartPanelProps extends TimeChartProps {
  /** What stands above the chart: its title, the value, a note. */
  head: ReactNode;
  className?: string;
  /** More entries of the chart's menu, such as "Open in Explore". */
  menu?: (close: () => void) => ReactNode;
}

/** A chart in its panel, with the menu that every chart has: as table, CSV, PNG. */
export function ChartPanel({ head, className, menu, ...chart }: ChartPanelProps): ReactNode {
  const [asTable, setAsTable] = useState(false);
  const frame = useRef<HTMLElement>(null);
  const savePng = (): void => {
    frame.current?.querySelector("canvas")?.toBlob((blob) => {
      if (blob) save(blob, `${chart.title}.png`);
    });
  };
  return (
    <section
      className={`panel open chart-panel ${className ?? ""}`}
      ref={frame}
      aria-label={chart.title}
    >
      <div className="chart-menu">
        <Popover
          button={<Icon name="more" />}
          label={`${chart.title}: more`}
          buttonClass="btn quiet icon sm"
          align="end"
        >
          {(close) => (
            <>
              <MenuItem onChoose={() => act(close, () => setAsTable(!asTable))}>
                {asTable ? "View as chart" : "View as table"}
              </MenuItem>
              <MenuItem
                onChoose={() =>
                  act(close, () =>
                    save(
                      new Blob([toCsv(chart.timesMs, chart.series)], { type: "text/csv" }),
                      `${chart.title}.csv`,
                    ),
                  )
                }
              >
                Save as CSV
              </MenuItem>
              {asTable ? null : (
                <MenuItem onChoose={() => act(close, savePng)}>Save as PNG</MenuItem>
              )}
              {menu?.(close)}
            </>
          )}
        </Popover>
      </div>
      {head}
      <div className="cw">{asTable ? <ChartTable {...chart} /> : <TimeChart {...chart} />}</div>
    </section>
  );
}

function act(close: () => void, then: () => void): void {
  close();
  then();
}

function save(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
