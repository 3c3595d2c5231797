import type { ReactNode } from "react";
import type { WeekBefore } from "@/api/performance";
import { duration, fixed } from "@/lib/units";

const WORSE = 1.1;
const BETTER = 0.9;

/** How p95 stands against the week before; coloured only where that is beyond chance. */
export function Change({ before }: { before: WeekBefore | null }): ReactNode {
  if (before === null || before.p95_ratio === null)
    return (
      <span className="faint" title="Nothing to compare with: no such calls a week before">
        new
      </span>
    );
  const ratio = before.p95_ratio;
  const text = ratio >= 2 ? `× ${fixed(ratio, 1)}` : percentText(ratio);
  const tone = !before.is_significant
    ? "faint"
    : ratio > WORSE
      ? "crit m"
      : ratio < BETTER
        ? "ok m"
        : "muted";
  return (
    <span
      className={tone}
      title={`p95 was ${duration(before.p95_ms)} a week before${before.is_significant ? "" : "; the difference may be chance"}`}
    >
      {text}
    </span>
  );
}

function percentText(ratio: number): string {
  const points = Math.round((ratio - 1) * 100);
  return points === 0 ? "0 %" : `${points > 0 ? "+" : "−"}${Math.abs(points)} %`;
}

/** For sorting: how much slower than before; what is new stands last. */
export const changeOf = (before: WeekBefore | null): number => before?.p95_ratio ?? 0;
