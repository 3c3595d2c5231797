/** What the views draw of a trace: its rows with names and colours, found once for all of them. */
import type { SpanRows, Trace } from "@/api/traces";
import { extentOf, type Stretch } from "./tree";

export interface Drawing {
  readonly trace: Trace;
  readonly rows: SpanRows;
  readonly size: number;
  readonly extent: Stretch;
  readonly name: (row: number) => string;
  readonly service: (row: number) => string;
  readonly op: (row: number) => string;
  /** A colour token. */
  readonly color: (row: number) => string;
  readonly isFailed: (row: number) => boolean;
  /** Stretches in which the trace waited for a row, by row. */
  readonly critical: ReadonlyMap<number, readonly Stretch[]>;
}

const FAILED = 2;

export function drawingOf(trace: Trace, colors: ReadonlyMap<string, string>): Drawing {
  const rows = trace.spans;
  const tokens = trace.services.map((one) => colors.get(one.name) ?? "prev");
  return {
    trace,
    rows,
    size: rows.span_id.length,
    extent: extentOf(rows),
    name: (row) =>
      rows.is_missing[row] ? "not stored" : (trace.names[rows.name[row] ?? 0] ?? "") || "unnamed",
    service: (row) => trace.services[rows.service[row] ?? 0]?.name ?? "",
    op: (row) => trace.ops[rows.op[row] ?? 0] ?? "",
    color: (row) => tokens[rows.service[row] ?? 0] ?? "prev",
    isFailed: (row) => rows.status[row] === FAILED,
    critical: criticalByRow(trace),
  };
}

function criticalByRow({ critical_path: path }: Trace): Map<number, Stretch[]> {
  const found = new Map<number, Stretch[]>();
  path.row.forEach((row, i) => {
    const stretch = { from: path.from_ns[i] ?? 0, to: path.to_ns[i] ?? 0 };
    const old = found.get(row);
    if (old) old.push(stretch);
    else found.set(row, [stretch]);
  });
  return found;
}

/** Rows whose name, service, kind of work or id holds each word; null for no word. */
export function matchesOf(drawing: Drawing, text: string): number[] | null {
  const words = text.trim().toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return null;
  const found: number[] = [];
  for (let row = 0; row < drawing.size; row += 1) {
    const all =
      `${drawing.name(row)} ${drawing.service(row)} ${drawing.op(row)} ${drawing.rows.span_id[row]}${drawing.isFailed(row) ? " error" : ""}`.toLowerCase();
    if (words.every((word) => all.includes(word))) found.push(row);
  }
  return found;
}
