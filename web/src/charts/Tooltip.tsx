import type { ReactNode } from "react";
import { moment } from "@/lib/time";
import { showText, type Unit } from "@/lib/units";
import type { ChartSeries } from "./TimeChart";

export interface Hover {
  /** Index of the nearest point. */
  readonly index: number;
  /** Of the pointer, in CSS pixels from the chart's left edge. */
  readonly left: number;
  readonly top: number;
  readonly width: number;
}

interface TooltipProps {
  hover: Hover;
  series: readonly ChartSeries[];
  timesMs: readonly number[];
  columns: readonly (readonly (number | null)[])[];
  unit: Unit;
  zone: string;
}

const MOST_ROWS = 8;

/** Values at one instant, largest first, beside the pointer and never over it. */
export function Tooltip({ hover, series, timesMs, columns, unit, zone }: TooltipProps): ReactNode {
  const at = timesMs[hover.index];
  if (at === undefined) return null;
  const rows = series
    .map((one, i) => ({ one, i, value: columns[i]?.[hover.index] ?? null }))
    .sort((a, b) => (b.value ?? Number.NEGATIVE_INFINITY) - (a.value ?? Number.NEGATIVE_INFINITY));
  const onRight = hover.left < hover.width / 2;
  const place = onRight ? { left: hover.left + 12 } : { right: hover.width - hover.left + 12 };
  return (
    <div className="chart-tip" style={place} aria-hidden="true">
      <div className="faint xs">{moment(at, zone, Date.now())}</div>
      {rows.slice(0, MOST_ROWS).map(({ one, i, value }) => (
        <div className="row s" key={one.label}>
          <i
            className="swatch"
            style={{ background: `var(--${one.color ?? `c${(i % 8) + 1}`})` }}
          />
          <span className="trunc grow">{one.label}</span>
          <b className="m">{value === null ? "no data" : showText(value, unit)}</b>
        </div>
      ))}
      {rows.length > MOST_ROWS ? (
        <div className="faint xs">and {rows.length - MOST_ROWS} more</div>
      ) : null}
    </div>
  );
}
