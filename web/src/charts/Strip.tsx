import type { ReactNode } from "react";

interface StripProps {
  /** Share that worked in each slice of the range, oldest first; null where nothing was seen. */
  values: readonly (number | null)[];
  label: string;
}

const W = 180;
const H = 14;
const BAD = 0.5;

/** A quiet line; marks stand only where something failed, a thin grey line where nothing was seen. */
export function Strip({ values, label }: StripProps): ReactNode {
  const width = W / Math.max(values.length, 1);
  return (
    <svg
      className="strip"
      viewBox={`0 0 ${W} ${H}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
    >
      {runs(values).map(({ from, to, kind }) => (
        <rect
          key={from}
          x={from * width}
          width={(to - from) * width}
          y={kind === "ok" ? 5 : 6.5}
          height={kind === "ok" ? 4 : 1}
          fill={kind === "ok" ? "var(--ok-m)" : "var(--line-2)"}
          opacity={kind === "ok" ? 0.5 : 0.6}
        />
      ))}
      {values.map((value, i) =>
        value === null || value >= 1 ? null : (
          <rect
            // biome-ignore lint/suspicious/noArrayIndexKey: a slice is its place.
            key={i}
            x={i * width}
            width={Math.max(width - 0.4, 1)}
            y={value < BAD ? 0 : 3}
            height={value < BAD ? H : 8}
            fill={value < BAD ? "var(--crit-m)" : "var(--warn-m)"}
          />
        ),
      )}
    </svg>
  );
}

/** Neighbouring slices of one kind as one run, so that no seams show. */
export function runs(
  values: readonly (number | null)[],
): { from: number; to: number; kind: "ok" | "none" }[] {
  const found: { from: number; to: number; kind: "ok" | "none" }[] = [];
  values.forEach((value, i) => {
    const kind = value === null ? "none" : "ok";
    const last = found.at(-1);
    if (last?.kind === kind) last.to = i + 1;
    else found.push({ from: i, to: i + 1, kind });
  });
  return found;
}
