import { duration, fixed, percent, show, type Unit } from "./units";

const IS_TIME = new Set(["s", "seconds", "ms"]);
const SAME = 0.005;

/**
 * How a value differs from an earlier one, with its sign: percent points for shares, a length of
 * time for times, else per cent. Null where there is nothing to compare with.
 */
export function difference(now: number | null, before: number | null, unit: Unit): string | null {
  if (now === null || before === null) return null;
  const by = now - before;
  if (unit === "ratio") return signed(by, `${points(Math.abs(by * 100))} pp`, Math.abs(by) < 5e-5);
  if (IS_TIME.has(unit)) {
    const ms = Math.abs(unit === "ms" ? by : by * 1000);
    return signed(
      by,
      duration(ms < 1 ? ms : roundedMs(ms)),
      Math.abs(by) < SAME * Math.abs(before),
    );
  }
  if (before === 0) return now === 0 ? "no change" : signed(by, shown(by, unit), false);
  const share = Math.round((by / Math.abs(before)) * 100) / 100;
  return signed(by, percent(Math.abs(share)).replace(/\.0+ /, " "), share === 0);
}

const signed = (by: number, text: string, isSame: boolean): string =>
  isSame ? "no change" : `${by > 0 ? "+" : "–"}${text}`;

/** Two decimals below 10, one from there on. */
const points = (value: number): string => fixed(value, value < 10 ? 2 : 1);

/** Three significant figures are enough of a difference. */
const roundedMs = (ms: number): number => Number(ms.toPrecision(3));

function shown(by: number, unit: Unit): string {
  const { text, unit: word } = show(Math.abs(by), unit);
  return word ? `${text} ${word}` : text;
}

/** The mean of what is known; null if nothing is. */
export function meanOf(values: readonly (number | null)[]): number | null {
  const known = values.filter((value): value is number => value !== null);
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length;
}

/** The mean of the first quarter; null where it is unknown, or too short to have one. */
export function openingMean(values: readonly (number | null)[]): number | null {
  return meanOf(values.slice(0, Math.floor(values.length / 4)));
}
