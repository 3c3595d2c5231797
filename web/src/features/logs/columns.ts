/** Which columns the lines have, beside time, severity and text. */
import type { LogLine } from "@/api/logs";

const OWN: Readonly<Record<string, (line: LogLine) => string>> = {
  service: (line) => line.service,
  host: (line) => line.host,
  environment: (line) => line.environment,
  release: (line) => line.release,
  source: (line) => line.source,
  trace: (line) => line.trace_id.slice(0, 8),
  request: (line) => line.request_id,
  user: (line) => line.user_key,
};

export const OWN_COLUMNS: readonly string[] = Object.keys(OWN);
export const DEFAULT_COLUMNS: readonly string[] = ["service"];

/** `cols=service,attr.user` of the address. "-" is none. */
export const columnsOf = (text: string | undefined): readonly string[] =>
  text === undefined ? DEFAULT_COLUMNS : text.split(",").filter((one) => one !== "-" && one !== "");

/** The same for the address; undefined is the usual ones. */
export function columnsText(columns: readonly string[]): string | undefined {
  const text = columns.join(",");
  return text === DEFAULT_COLUMNS.join(",") ? undefined : text || "-";
}

/** What a line has in a column. */
export const cellOf = (line: LogLine, column: string): string =>
  OWN[column]?.(line) ?? line.attributes[column.replace(/^attr\./, "")] ?? "";

/** Head of a column; an attribute has the name that it was sent with. */
export const headOf = (column: string): string =>
  column in OWN
    ? column.slice(0, 1).toUpperCase() + column.slice(1)
    : column.replace(/^attr\./, "");
