import type { ReactNode } from "react";
import { moment } from "@/lib/time";
import { showText, type Unit } from "@/lib/units";
import type { ChartSeries } from "./TimeChart";

interface ChartTableProps {
  title: string;
  unit: Unit;
  timesMs: readonly number[];
  series: readonly ChartSeries[];
  zone: string;
  height: number;
}

const MOST_ROWS = 500;

/** A chart's data as a table, newest first, in the chart's own place. */
export function ChartTable({
  title,
  unit,
  timesMs,
  series,
  zone,
  height,
}: ChartTableProps): ReactNode {
  const now = Date.now();
  const order = timesMs
    .map((_, i) => i)
    .reverse()
    .slice(0, MOST_ROWS);
  return (
    <section
      className="chart-table"
      style={{ height }}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrollable region is reached by keyboard.
      tabIndex={0}
      aria-label={`${title} as a table`}
    >
      <table className="t">
        <thead>
          <tr>
            <th scope="col">Time</th>
            {series.map((one) => (
              <th scope="col" className="num" key={one.label}>
                {one.label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {order.map((i) => (
            <tr key={timesMs[i]}>
              <td>{moment(timesMs[i] ?? 0, zone, now)}</td>
              {series.map((one) => (
                <td className="num" key={one.label}>
                  {showText(one.values[i], unit)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
