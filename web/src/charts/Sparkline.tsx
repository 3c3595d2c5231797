import type { ReactNode } from "react";

interface SparklineProps {
  values: readonly (number | null)[];
  kind?: "line" | "bars";
  /** Grey unless the row is in trouble. */
  hot?: boolean;
  /** What it shows, for screen readers; leave out where the numbers stand beside it. */
  label?: string;
}

const W = 100;
const H = 20;
/** An even line stands below the middle of its row's height, not at its upper edge. */
const LINE_ROOM = 1.6;

/** A small line or row of bars from 0; gaps stay gaps. */
export function Sparkline({
  values,
  kind = "line",
  hot = false,
  label,
}: SparklineProps): ReactNode {
  const room = kind === "line" ? LINE_ROOM : 1.1;
  const most = Math.max(0, ...values.map((value) => value ?? 0)) * room || 1;
  const color = hot ? "var(--c1)" : "var(--faint)";
  const drawn =
    kind === "bars" ? (
      <path d={bars(values, most)} fill={color} />
    ) : (
      <path
        d={path(values, most)}
        fill="none"
        stroke={color}
        strokeWidth="1.3"
        vectorEffect="non-scaling-stroke"
        strokeLinejoin="round"
      />
    );
  const base = (
    <path
      d={`M0 ${H - 0.25}H${W}`}
      stroke="var(--line)"
      strokeWidth="1"
      vectorEffect="non-scaling-stroke"
    />
  );
  return label === undefined ? (
    <svg className="spark" viewBox={`0 0 ${W} ${H}`} preserveAspectRatio="none" aria-hidden="true">
      {kind === "bars" ? base : null}
      {drawn}
    </svg>
  ) : (
    <svg
      className="spark"
      viewBox={`0 0 ${W} ${H}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
    >
      {kind === "bars" ? base : null}
      {drawn}
    </svg>
  );
}

/** An SVG path over the known values, lifted at each gap. */
export function path(values: readonly (number | null)[], most: number): string {
  const step = values.length > 1 ? W / (values.length - 1) : 0;
  let isDown = false;
  let drawn = "";
  values.forEach((value, i) => {
    if (value === null) {
      isDown = false;
      return;
    }
    drawn += `${isDown ? "L" : "M"}${round(i * step)} ${round(H - 2 - (value / most) * (H - 4))}`;
    isDown = true;
  });
  return drawn;
}

function bars(values: readonly (number | null)[], most: number): string {
  const step = W / Math.max(values.length, 1);
  return values
    .map((value, i) => {
      if (!value) return "";
      const height = Math.max((value / most) * (H - 2), 1);
      return `M${round(i * step)} ${H - 0.5}v${round(-height)}h${round(step * 0.76)}v${round(height)}z`;
    })
    .join("");
}

const round = (value: number): number => Math.round(value * 100) / 100;
