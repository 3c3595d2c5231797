/** Where the time of a trace went, summed up by service, kind of work or name. */
import type { Trace } from "@/api/traces";

export type StatKey = "service" | "op" | "name";

export interface Stat {
  readonly key: string;
  readonly service: string;
  readonly spans: number;
  readonly errors: number;
  readonly selfNs: number;
  /** Share (0–1) of the self time of all. */
  readonly selfRatio: number;
  readonly totalNs: number;
  readonly averageNs: number;
  readonly p95Ns: number;
  readonly maxNs: number;
}

interface Sum {
  service: string;
  errors: number;
  self: number;
  durations: number[];
}

const ERROR = 2;

/** One row a group, the one with the most self time first. Rows for missing spans do not count. */
export function statistics(trace: Trace, by: StatKey): Stat[] {
  const { spans, names, ops, services } = trace;
  const sums = new Map<string, Sum>();
  for (let row = 0; row < spans.span_id.length; row += 1) {
    if (spans.is_missing[row]) continue;
    const service = services[spans.service[row] ?? 0]?.name ?? "";
    const key =
      by === "service"
        ? service
        : by === "op"
          ? (ops[spans.op[row] ?? 0] ?? "")
          : (names[spans.name[row] ?? 0] ?? "");
    const sum = sums.get(key) ?? { service, errors: 0, self: 0, durations: [] };
    sums.set(key, sum);
    sum.errors += spans.status[row] === ERROR ? 1 : 0;
    sum.self += spans.self_ns[row] ?? 0;
    sum.durations.push(spans.duration_ns[row] ?? 0);
  }
  const all = [...sums.values()].reduce((total, one) => total + one.self, 0);
  return [...sums].map(([key, sum]) => statOf(key, sum, all)).sort((a, b) => b.selfNs - a.selfNs);
}

function statOf(key: string, { service, errors, self, durations }: Sum, all: number): Stat {
  durations.sort((a, b) => a - b);
  const totalNs = durations.reduce((total, one) => total + one, 0);
  const spans = durations.length;
  return {
    key,
    service,
    spans,
    errors,
    selfNs: self,
    selfRatio: all > 0 ? self / all : 0,
    totalNs,
    averageNs: totalNs / spans,
    p95Ns: durations[Math.min(spans - 1, Math.ceil(spans * 0.95) - 1)] ?? 0,
    maxNs: durations.at(-1) ?? 0,
  };
}
