import type { ReactNode } from "react";
import { fixed } from "@/lib/units";
import "./release-health.css";

/** Cut, not rounded: what is not free of crashes never reads 100 %. */
export function precise(ratio: number | null | undefined): string {
  if (ratio === null || ratio === undefined) return "–";
  if (ratio >= 1) return "100 %";
  return `${fixed(Math.floor(ratio * 10_000 + 1e-6) / 100, 2)} %`;
}

const BAD = 0.95;
const POOR = 0.99;

/** A crash-free rate; a poor one is told apart by a mark, not by colour alone. */
export function CrashFree({ ratio }: { ratio: number | null | undefined }): ReactNode {
  const tone = ratio == null || ratio >= POOR ? "" : ratio < BAD ? "bad" : "poor";
  return (
    <span className={`crash-free ${tone}`}>
      {tone ? <span aria-hidden="true">▾ </span> : null}
      {precise(ratio)}
    </span>
  );
}
