/** Numbers as people read them: three significant figures, grouped thousands, the unit beside. */

/** Unit of a value. `ratio` is 0–1 and is shown as per cent; anything unknown is printed as it is. */
export type Unit = string;

export interface Shown {
  readonly text: string;
  readonly unit: string;
}

const UNKNOWN: Shown = { text: "–", unit: "" };

const grouped = (digits: number): Intl.NumberFormat =>
  new Intl.NumberFormat("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
const FIXED = [0, 1, 2, 3, 4, 5, 6].map(grouped);

/** `value` with a fixed number of decimals (0–6) and grouped thousands. */
export function fixed(value: number, decimals: number): string {
  return (FIXED[Math.min(Math.max(decimals, 0), 6)] ?? grouped(0)).format(value);
}

/** Three significant figures below 1,000; whole, grouped numbers above; tiny ones as 6.3e-5. 0 is "0". */
export function significant(value: number): string {
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1000 || Number.isInteger(value)) return fixed(value, 0);
  if (size >= 100) return fixed(value, 0);
  if (size >= 10) return fixed(value, 1);
  if (size >= 0.01) return fixed(value, 2);
  if (size >= 0.0001) return String(Number(value.toPrecision(2)));
  return value.toExponential(1);
}

/** Whole counts, grouped: 1,284. */
export const count = (value: number): string => fixed(value, 0);

/** Counts from 10,000 on as "10.2 k", "3.4 M". */
export function compact(value: number): string {
  const size = Math.abs(value);
  for (const [limit, suffix] of [
    [1e12, "T"],
    [1e9, "G"],
    [1e6, "M"],
    [1e4, "k"],
  ] as const) {
    if (size >= limit) return `${trimmed(value / (suffix === "k" ? 1e3 : limit))} ${suffix}`;
  }
  return significant(value);
}

function trimmed(value: number): string {
  return Math.abs(value) >= 100 ? fixed(value, 0) : String(Number(value.toFixed(1)));
}

/** Units of bytes, each 1,024 of the one before. */
export const BINARY: readonly string[] = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

/** Bytes in KiB, MiB, … */
export function bytes(value: number): Shown {
  let scaled = value;
  let step = 0;
  while (Math.abs(scaled) >= 1024 && step < BINARY.length - 1) {
    scaled /= 1024;
    step += 1;
  }
  const isWhole = step === 0 && (scaled >= 10 || Number.isInteger(scaled));
  return { text: isWhole ? fixed(scaled, 0) : significant(scaled), unit: BINARY[step] ?? "B" };
}

/** A length of time given in milliseconds: 84 ms, 1.92 s, 3 min 13 s, 2 d 4 h. */
export function duration(ms: number): string {
  if (!Number.isFinite(ms)) return "–";
  const size = Math.abs(ms);
  if (size < 1) return ms === 0 ? "0 ms" : `${fixed(ms * 1000, 0)} µs`;
  if (size < 1000) return `${fixed(ms, size < 10 && !Number.isInteger(ms) ? 1 : 0)} ms`;
  const s = ms / 1000;
  if (size < 60_000) return `${Number.isInteger(s) ? s : significant(s)} s`;
  if (size < 3_600_000) return pair(Math.floor(s / 60), "min", Math.floor(s % 60), "s");
  if (size < 86_400_000) return pair(Math.floor(s / 3600), "h", Math.floor((s % 3600) / 60), "min");
  return pair(Math.floor(s / 86_400), "d", Math.floor((s % 86_400) / 3600), "h");
}

function pair(major: number, majorUnit: string, minor: number, minorUnit: string): string {
  return minor > 0 ? `${major} ${majorUnit} ${minor} ${minorUnit}` : `${major} ${majorUnit}`;
}

/** The coarsest unit only, for "for 23 min" and "3 d ago". */
export function coarse(ms: number): string {
  const s = Math.max(0, ms) / 1000;
  if (s < 60) return `${Math.floor(s)} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min`;
  if (s < 86_400) return `${Math.floor(s / 3600)} h`;
  return `${Math.floor(s / 86_400)} d`;
}

/** What a bar of a chart stands for: "per 2 min", "per hour". */
export function perStep(ms: number): string {
  const named = { 1000: "s", 60000: "min", 3600000: "hour", 86400000: "day" };
  return `per ${named[ms as keyof typeof named] ?? coarse(ms)}`;
}

const PER_MINUTE = 60;
const PER_HOUR = 3600;

/** A rate given a second, in the unit in which it is at least 1 where one is: 412 /s, 3.2 /min, 0.5 /h. */
export function rate(perSecond: number): string {
  if (perSecond === 0) return "0 /s";
  if (perSecond >= 1) return showText(perSecond, "/s");
  if (perSecond * PER_MINUTE >= 1) return showText(perSecond * PER_MINUTE, "/min");
  return showText(perSecond * PER_HOUR, "/h");
}

/** A ratio (0–1) as per cent, two decimals below 10 %. */
export function percent(ratio: number): string {
  const value = ratio * 100;
  if (value === 0 || Math.abs(value) >= 99.995) return `${fixed(value, 0)} %`;
  return `${fixed(value, Math.abs(value) < 10 ? 2 : 1)} %`;
}

/** A value with its unit, split so that the unit can be set smaller. `null` and NaN are "–". */
export function show(value: number | null | undefined, unit: Unit = ""): Shown {
  if (value === null || value === undefined || !Number.isFinite(value)) return UNKNOWN;
  if (unit === "ratio") return { text: percent(value).replace(" %", ""), unit: "%" };
  if (unit === "percent" || unit === "%") return { text: significant(value), unit: "%" };
  if (unit === "bytes") return bytes(value);
  if (unit === "bytes/s") {
    const shown = bytes(value);
    return { text: shown.text, unit: `${shown.unit}/s` };
  }
  if (unit === "ms" || unit === "s" || unit === "seconds") return time(value, unit);
  return { text: Math.abs(value) >= 10_000 ? compact(value) : significant(value), unit };
}

function time(value: number, unit: string): Shown {
  const text = duration(unit === "ms" ? value : value * 1000);
  const at = text.lastIndexOf(" ");
  return text.indexOf(" ") === at
    ? { text: text.slice(0, at), unit: text.slice(at + 1) }
    : { text, unit: "" };
}

/** The same as one string: "84 ms", "2.31 %", "412 /s". */
export function showText(value: number | null | undefined, unit: Unit = ""): string {
  const shown = show(value, unit);
  return shown.unit === "" ? shown.text : `${shown.text} ${shown.unit}`;
}

/** Labels for the ticks of an axis: the same decimals on each, the unit on each. */
export function axisLabels(ticks: readonly number[], unit: Unit): string[] {
  const scale = unit === "ratio" ? 100 : 1;
  if (
    unit === "bytes" ||
    unit === "bytes/s" ||
    unit === "s" ||
    unit === "ms" ||
    unit === "seconds"
  ) {
    return ticks.map((tick) => (tick === 0 ? "0" : showText(tick, unit)));
  }
  const scaled = ticks.map((tick) => tick * scale);
  const suffix = unit === "ratio" || unit === "percent" || unit === "%" ? " %" : "";
  if (scaled.some((tick) => Math.abs(tick) >= 10_000)) return scaled.map((tick) => compact(tick));
  const decimals = Math.max(0, ...scaled.map(decimalsOf));
  return scaled.map((tick) => fixed(tick, decimals) + suffix);
}

function decimalsOf(value: number): number {
  const text = String(Number(value.toFixed(6)));
  const at = text.indexOf(".");
  return at < 0 ? 0 : Math.min(6, text.length - at - 1);
}
