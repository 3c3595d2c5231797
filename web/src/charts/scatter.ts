/** Pure shaping of scatter charts of durations over time. */
import type { Span } from "@/lib/time";

export interface ScatterPoint {
  readonly atMs: number;
  /** Milliseconds. */
  readonly value: number;
  readonly isError: boolean;
}

export interface ScatterBox extends Span {
  readonly min: number;
  readonly max: number;
}

/** The y axis: linear from 0, or by decades where values differ by far. */
export interface Scale {
  readonly isLog: boolean;
  readonly min: number;
  readonly max: number;
  readonly ticks: readonly number[];
}

const FAR = 30;
const LEAST = 0.001;
/** Without a point the axis shows a second, as most pages of traces come to. */
const EMPTY_TOP = 1_000;

export function scaleOf(values: readonly number[]): Scale {
  const known = values.filter((value) => value > 0);
  const max = Math.max(LEAST, ...known);
  const min = known.length > 0 ? Math.max(LEAST, Math.min(...known)) : 1;
  if (known.length === 0) return linear(EMPTY_TOP);
  if (max / min <= FAR) return linear(max);
  const [low, high] = [Math.floor(Math.log10(min)), Math.ceil(Math.log10(max * 1.05))];
  const ticks = Array.from({ length: high - low + 1 }, (_, i) => 10 ** (low + i));
  return { isLog: true, min: 10 ** low, max: 10 ** high, ticks };
}

function linear(max: number): Scale {
  const step = niceStep(max / 3);
  const top = Math.ceil((max * 1.05) / step) * step;
  const ticks = Array.from({ length: Math.round(top / step) + 1 }, (_, i) => i * step);
  return { isLog: false, min: 0, max: top, ticks };
}

function niceStep(wanted: number): number {
  const power = 10 ** Math.floor(Math.log10(wanted));
  const digit = [1, 2, 5, 10].find((one) => one * power >= wanted) ?? 10;
  return digit * power;
}

/** 0 at the foot of the axis, 1 at its top. */
export function shareOf({ isLog, min, max }: Scale, value: number): number {
  if (!isLog) return Math.min(1, Math.max(0, value / max));
  const at = Math.log10(Math.max(value, min) / min) / Math.log10(max / min);
  return Math.min(1, Math.max(0, at));
}

/** The value at a share of the axis. */
export function valueAt({ isLog, min, max }: Scale, share: number): number {
  return isLog ? min * (max / min) ** share : max * share;
}
