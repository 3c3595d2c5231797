/** The URL is the state of a page: flat string parameters in one fixed order. */

export type SearchMap = Readonly<Record<string, string>>;

const ORDER =
  "project env release from to vs tz q f status severity sort cols tab sel peek live token".split(
    " ",
  );

/** Parameters that belong to the scope bar and travel from page to page. */
export const SCOPE_KEYS = ["project", "env", "release", "from", "to", "vs", "tz"] as const;

/** Reads a query string. Of a repeated key the last value counts. */
export function parseSearch(text: string): SearchMap {
  const found: Record<string, string> = {};
  for (const [key, value] of new URLSearchParams(text)) found[key] = value;
  return found;
}

/** Writes parameters, known keys first in fixed order, so that equal states have equal URLs. */
export function stringifySearch(search: Readonly<Record<string, unknown>>): string {
  const keys = Object.keys(search).filter((key) => isKept(search[key]));
  keys.sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
  const pairs = keys.map((key) => `${encodeURIComponent(key)}=${readable(String(search[key]))}`);
  return pairs.length === 0 ? "" : `?${pairs.join("&")}`;
}

const isKept = (value: unknown): boolean => value !== undefined && value !== null && value !== "";

const rank = (key: string): number => {
  const at = ORDER.indexOf(key);
  return at < 0 ? ORDER.length : at;
};

/** Percent-encoding that leaves `:`, `,` and `/` legible; they need none in a query. */
const readable = (value: string): string =>
  encodeURIComponent(value).replaceAll("%3A", ":").replaceAll("%2C", ",").replaceAll("%2F", "/");

/** A parameter's reader: the value, or null if the text is none. */
export type Reader<T> = (text: string) => T | null;

export interface ReadSearch<T> {
  readonly values: Partial<T>;
  /** Names of parameters whose value was not understood; the page says so. */
  readonly dropped: readonly string[];
}

/** Reads parameters by a schema. A bad value is dropped and named, never fatal. */
export function readSearch<T>(
  search: SearchMap,
  schema: { [K in keyof T]: Reader<T[K]> },
): ReadSearch<T> {
  const values: Partial<T> = {};
  const dropped: string[] = [];
  for (const key of Object.keys(schema) as (keyof T & string)[]) {
    const text = search[key];
    if (text === undefined) continue;
    const value = schema[key](text);
    if (value === null) dropped.push(key);
    else values[key] = value;
  }
  return { values, dropped };
}

export const oneOf =
  <T extends string>(...allowed: readonly T[]): Reader<T> =>
  (text) =>
    allowed.find((value) => value === text) ?? null;

export const anyText: Reader<string> = (text) => text;

export const wholeNumber: Reader<number> = (text) =>
  /^\d{1,15}$/.test(text) ? Number(text) : null;

/** A whole number of the address, or what stands for anything else. */
export const wholeOr = <T>(text: string | undefined, otherwise: T): number | T =>
  text === undefined ? otherwise : (wholeNumber(text) ?? otherwise);

/** One filter of the list `f`: `level:eq:error`. */
export interface Filter {
  readonly key: string;
  readonly op: "eq" | "neq" | "contains";
  readonly value: string;
}

/** `key:op:value` joined by commas, values percent-encoded; unreadable members are left out. */
export function parseFilters(text: string): Filter[] {
  return text.split(",").flatMap((part) => {
    const hit = /^([^:]+):(eq|neq|contains):(.*)$/.exec(part);
    if (hit === null) return [];
    return [
      {
        key: hit[1] ?? "",
        op: (hit[2] ?? "eq") as Filter["op"],
        value: decodeURIComponent(hit[3] ?? ""),
      },
    ];
  });
}

export function stringifyFilters(filters: readonly Filter[]): string {
  return filters.map(({ key, op, value }) => `${key}:${op}:${encodeURIComponent(value)}`).join(",");
}
