/** Instants are Unix milliseconds; ranges keep what the person wrote, so "now" stays now. */

export interface TimeRange {
  /** `now-6h`, `now`, or a UTC ISO instant. */
  readonly from: string;
  readonly to: string;
}

export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

export const DEFAULT_RANGE: TimeRange = { from: "now-6h", to: "now" };

const UNIT_MS: Record<string, number> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

const UNIT_WORDS: Record<string, string> = { s: "s", m: "min", h: "h", d: "d", w: "wk" };

/** "6h", "1h30m", "90 min" in milliseconds; null if it is no duration. */
export function parseDuration(text: string): number | null {
  const compact = text
    .toLowerCase()
    .replace(/\s+/g, "")
    .replace(/min(ute)?s?/g, "m")
    .replace(/h(ou)?rs?|hours?/g, "h")
    .replace(/days?/g, "d")
    .replace(/wee?ks?|wks?/g, "w")
    .replace(/sec(ond)?s?/g, "s");
  if (!/^(\d+(\.\d+)?[smhdw])+$/.test(compact)) return null;
  let total = 0;
  for (const [, amount, unit] of compact.matchAll(/(\d+(?:\.\d+)?)([smhdw])/g)) {
    total += Number(amount) * (UNIT_MS[unit ?? ""] ?? 0);
  }
  return total > 0 ? total : null;
}

/** `now`, `now-6h`, ISO, epoch seconds or milliseconds → Unix ms; null if it is none of them. */
export function parseInstant(text: string, nowMs: number): number | null {
  const trimmed = text.trim();
  if (trimmed === "now") return nowMs;
  const relative = /^now\s*-\s*(.+)$/.exec(trimmed);
  if (relative?.[1] !== undefined) {
    const back = parseDuration(relative[1]);
    return back === null ? null : nowMs - back;
  }
  if (/^\d{9,10}(\.\d+)?$/.test(trimmed)) return Math.round(Number(trimmed) * 1000);
  if (/^\d{12,13}$/.test(trimmed)) return Number(trimmed);
  if (!/^\d{4}-\d\d-\d\d/.test(trimmed)) return null;
  const parsed = Date.parse(trimmed);
  return Number.isNaN(parsed) ? null : parsed;
}

/** The instants a range means at `nowMs`; null if it is empty, reversed or unreadable. */
export function resolveRange(range: TimeRange, nowMs: number): Span | null {
  const fromMs = parseInstant(range.from, nowMs);
  const toMs = parseInstant(range.to, nowMs);
  if (fromMs === null || toMs === null || fromMs >= toMs) return null;
  return { fromMs, toMs };
}

export const endsNow = (range: TimeRange): boolean => range.to === "now";

export const iso = (ms: number): string => new Date(ms).toISOString().replace(".000Z", "Z");

export const absolute = (span: Span): TimeRange => ({ from: iso(span.fromMs), to: iso(span.toMs) });

/**
 * What a person types into the range field → a range, or null.
 * Knows `6h`, `last 6 h`, `2d ago to now`, `today`, `yesterday`, `20 Nov 09:34–10:34`, ISO, epoch.
 */
export function parseRange(text: string, nowMs: number, zone: string): TimeRange | null {
  const typed = text.trim().replace(/^last\s+/i, "");
  if (typed === "") return null;
  const day = namedDay(typed.toLowerCase(), nowMs, zone);
  if (day !== null) return day;
  const length = parseDuration(typed);
  if (length !== null) return { from: `now-${shortest(length)}`, to: "now" };
  const clock = clockRange(typed, nowMs, zone);
  if (clock !== null) return clock;
  return twoInstants(typed, nowMs, zone);
}

function namedDay(word: string, nowMs: number, zone: string): TimeRange | null {
  if (word !== "today" && word !== "yesterday") return null;
  const at = wallClock(nowMs, zone);
  const today = fromWall(zone, at.year, at.month, at.day);
  if (word === "today") return { from: iso(today), to: "now" };
  return { from: iso(fromWall(zone, at.year, at.month, at.day - 1)), to: iso(today) };
}

const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/** `09:34–10:34` today, or `20 Nov 09:34–10:34`; the end may lie on the next day. */
function clockRange(typed: string, nowMs: number, zone: string): TimeRange | null {
  const hit =
    /^(?:(\d{1,2})\s+([a-z]{3})[a-z]*\s+)?(\d\d?):(\d\d)\s*(?:–|-|to)\s*(\d\d?):(\d\d)$/i.exec(
      typed,
    );
  if (hit === null) return null;
  const now = wallClock(nowMs, zone);
  const month = hit[2] === undefined ? now.month : MONTHS.indexOf(hit[2].toLowerCase()) + 1;
  if (month === 0) return null;
  const day = hit[1] === undefined ? now.day : Number(hit[1]);
  const fromMs = fromWall(zone, now.year, month, day, Number(hit[3]), Number(hit[4]));
  const toMs = fromWall(zone, now.year, month, day, Number(hit[5]), Number(hit[6]));
  return absolute({ fromMs, toMs: toMs > fromMs ? toMs : toMs + 86_400_000 });
}

function twoInstants(typed: string, nowMs: number, zone: string): TimeRange | null {
  const parts = typed.split(/\s+(?:to|–|-)\s+|\s*–\s*|\s*\.\.\s*/);
  const from = oneInstant(parts[0] ?? "", nowMs, zone);
  const to = parts.length > 1 ? oneInstant(parts[1] ?? "", nowMs, zone) : "now";
  if (from === null || to === null || parts.length > 2) return null;
  const range = { from, to };
  return resolveRange(range, nowMs) === null ? null : range;
}

function oneInstant(typed: string, nowMs: number, zone: string): string | null {
  const ago = /^(.+?)\s+ago$/.exec(typed);
  if (ago?.[1] !== undefined) {
    const back = parseDuration(ago[1]);
    return back === null ? null : `now-${shortest(back)}`;
  }
  if (typed === "now" || typed.startsWith("now-")) {
    return parseInstant(typed, nowMs) === null ? null : typed;
  }
  const wall = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d))?)?$/.exec(typed);
  if (wall !== null) {
    const [y, mo, d, h, mi, s] = wall.slice(1).map((part) => Number(part ?? 0));
    return iso(fromWall(zone, y ?? 0, mo ?? 1, d ?? 1, h ?? 0, mi ?? 0) + (s ?? 0) * 1000);
  }
  const ms = parseInstant(typed, nowMs);
  return ms === null ? null : iso(ms);
}

/** A duration as one unit where it divides: 21,600,000 → "6h". */
export function shortest(ms: number): string {
  for (const unit of ["d", "h", "m", "s"]) {
    const size = UNIT_MS[unit] ?? 1;
    if (ms % size === 0) return `${ms / size}${unit}`;
  }
  return `${Math.round(ms / 1000)}s`;
}

/** Ends so near to now, as a share of the range, count as now. */
const NEAR_NOW = 0.02;

/** A span moved by half its length; one that would reach now ends there, and goes on with it. */
export function shifted(span: Span, direction: 1 | -1, nowMs: number): TimeRange {
  const length = span.toMs - span.fromMs;
  const by = (length / 2) * direction;
  if (span.toMs + by >= nowMs - NEAR_NOW * length)
    return { from: `now-${shortest(wholeSeconds(length))}`, to: "now" };
  return absolute({ fromMs: span.fromMs + by, toMs: span.toMs + by });
}

const wholeSeconds = (ms: number): number => Math.round(ms / 1000) * 1000;

interface Wall {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function format(
  key: string,
  zone: string,
  options: Intl.DateTimeFormatOptions,
): Intl.DateTimeFormat {
  const id = `${key} ${zone}`;
  const known = formats.get(id);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat("en-GB", { ...options, timeZone: zone, hourCycle: "h23" });
  formats.set(id, made);
  return made;
}

function wallClock(ms: number, zone: string): Wall {
  const parts: Record<string, number> = {};
  const clock = format("wall", zone, {
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
  });
  for (const part of clock.formatToParts(ms)) parts[part.type] = Number(part.value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0 } = parts;
  return { year, month, day, hour, minute };
}

/** The instant of a wall-clock time in `zone` (the earlier one where the clock is set back). */
export function fromWall(
  zone: string,
  year: number,
  month: number,
  day: number,
  hour = 0,
  minute = 0,
): number {
  const wanted = Date.UTC(year, month - 1, day, hour, minute);
  let guess = wanted;
  for (let round = 0; round < 2; round += 1) {
    const at = wallClock(guess, zone);
    guess += wanted - Date.UTC(at.year, at.month - 1, at.day, at.hour, at.minute);
  }
  return guess;
}

/** "CET", "UTC", "GMT+5:30": how the zone is called at that instant. */
export function zoneName(ms: number, zone: string): string {
  if (zone === "UTC" || zone === "Etc/UTC") return "UTC";
  const parts = format("zone", zone, { timeZoneName: "short" }).formatToParts(ms);
  return parts.find((part) => part.type === "timeZoneName")?.value ?? zone;
}

export const clock = (ms: number, zone: string): string =>
  format("clock", zone, { hour: "2-digit", minute: "2-digit" }).format(ms);

export const clockSeconds = (ms: number, zone: string): string =>
  format("seconds", zone, { hour: "2-digit", minute: "2-digit", second: "2-digit" }).format(ms);

/** "20 Nov", with the year if it is not the year of `nowMs`. */
export function date(ms: number, zone: string, nowMs: number): string {
  const sameYear = wallClock(ms, zone).year === wallClock(nowMs, zone).year;
  return sameYear
    ? format("date", zone, { day: "numeric", month: "short" }).format(ms)
    : format("dateYear", zone, { day: "numeric", month: "short", year: "numeric" }).format(ms);
}

export function sameDay(a: number, b: number, zone: string): boolean {
  const [one, two] = [wallClock(a, zone), wallClock(b, zone)];
  return one.day === two.day && one.month === two.month && one.year === two.year;
}

/** "10:14:21 CET", with the date in front if it is not today. */
export function moment(ms: number, zone: string, nowMs: number): string {
  const time = `${clockSeconds(ms, zone)} ${zoneName(ms, zone)}`;
  return sameDay(ms, nowMs, zone) ? time : `${date(ms, zone, nowMs)} ${time}`;
}

export interface RangeLabel {
  /** "Last 6 h", or "Range" for absolute ones. */
  readonly lead: string;
  /** "04:34–10:34 CET" */
  readonly detail: string;
}

/** How a range is printed in the bar: what was asked for, then the instants with their zone. */
export function rangeLabel(range: TimeRange, nowMs: number, zone: string): RangeLabel {
  const span = resolveRange(range, nowMs);
  if (span === null) return { lead: "Range", detail: "" };
  const relative = /^now-(\d+)([smhdw])$/.exec(range.from);
  const lead =
    relative !== null && endsNow(range)
      ? `Last ${relative[1]} ${UNIT_WORDS[relative[2] ?? ""] ?? ""}`
      : endsNow(range)
        ? "Since"
        : "Range";
  return { lead, detail: spanText(span, nowMs, zone) };
}

/** "04:34–10:34 CET", dates added as far as they are needed, both zones over a clock change. */
export function spanText({ fromMs, toMs }: Span, nowMs: number, zone: string): string {
  const long = toMs - fromMs > 3 * 86_400_000;
  const oneDay = sameDay(fromMs, toMs, zone);
  const today = oneDay && sameDay(toMs, nowMs, zone);
  const part = (ms: number, withDate: boolean): string =>
    long ? date(ms, zone, nowMs) : (withDate ? `${date(ms, zone, nowMs)} ` : "") + clock(ms, zone);
  const [a, b] = [zoneName(fromMs, zone), zoneName(toMs, zone)];
  const zones = a === b ? a : `${a}/${b}`;
  return `${part(fromMs, !today)}–${part(toMs, !oneDay)} ${zones}`;
}

const STEPS_S = [
  5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400,
];

/** The smallest round step (ms) that gives at most `points` points over the span. */
export function stepFor(span: Span, points = 240): number {
  const wanted = (span.toMs - span.fromMs) / 1000 / points;
  return (STEPS_S.find((step) => step >= wanted) ?? 86_400) * 1000;
}

/** Presets of the range control, shortest first. */
export const PRESETS: readonly { readonly label: string; readonly from: string }[] = [
  { label: "Last 15 min", from: "now-15m" },
  { label: "Last 1 h", from: "now-1h" },
  { label: "Last 6 h", from: "now-6h" },
  { label: "Last 24 h", from: "now-24h" },
  { label: "Last 7 d", from: "now-7d" },
  { label: "Last 30 d", from: "now-30d" },
];
