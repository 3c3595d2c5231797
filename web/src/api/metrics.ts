import type { Loaded } from "@/lib/loaded";
import { type Span, stepFor, type TimeRange } from "@/lib/time";
import { call } from "./client";
import { projectKey, useLoaded } from "./queries";
import { spanNow } from "./scope";

export type Labels = Readonly<Record<string, string>>;

interface Envelope<T> {
  status: "success";
  data: T;
  warnings?: string[];
  infos?: string[];
}

type RawResult =
  | { resultType: "matrix"; result: { metric: Labels; values: [number, string][] }[] }
  | { resultType: "vector"; result: { metric: Labels; value: [number, string] }[] }
  | { resultType: "scalar" | "string"; result: [number, string] };

/** One instant: what each series is worth. A scalar has one member without labels. */
export interface InstantValue {
  readonly labels: Labels;
  readonly value: number;
}

/** Columns, ready for a chart: one time axis, a value or null (a gap) for each step and series. */
export interface RangeColumns {
  readonly timesMs: readonly number[];
  readonly series: readonly {
    readonly labels: Labels;
    readonly values: readonly (number | null)[];
  }[];
  readonly stepMs: number;
  readonly warnings: readonly string[];
  /** How long the answer took (ms), and its size. */
  readonly tookMs: number;
  readonly samples: number;
}

/** Prometheus writes numbers as text, with `NaN`, `+Inf` and `-Inf`. */
export function parseSample(text: string): number {
  if (text === "+Inf" || text === "Inf") return Number.POSITIVE_INFINITY;
  if (text === "-Inf") return Number.NEGATIVE_INFINITY;
  return Number(text);
}

const apiPath = (projectId: number, rest: string): string => `/p/${projectId}/api/v1/${rest}`;

export async function queryInstant(
  projectId: number,
  expr: string,
  signal?: AbortSignal,
): Promise<InstantValue[]> {
  const answer = await call<Envelope<RawResult>>("GET", apiPath(projectId, "query"), {
    query: { query: expr },
    ...(signal ? { signal } : {}),
  });
  const data = answer.data;
  if (data.resultType === "vector") {
    return data.result.map((one) => ({ labels: one.metric, value: parseSample(one.value[1]) }));
  }
  if (data.resultType === "matrix") {
    return data.result.map((one) => ({
      labels: one.metric,
      value: parseSample(one.values.at(-1)?.[1] ?? "NaN"),
    }));
  }
  return [{ labels: {}, value: parseSample(data.result[1]) }];
}

export async function queryRange(
  projectId: number,
  expr: string,
  span: Span,
  stepMs: number,
  signal?: AbortSignal,
): Promise<RangeColumns> {
  // Steps lie on whole multiples, so that a refresh does not shift every point.
  const start = Math.ceil(span.fromMs / stepMs) * stepMs;
  const end = Math.floor(span.toMs / stepMs) * stepMs;
  const began = performance.now();
  const answer = await call<Envelope<RawResult>>("GET", apiPath(projectId, "query_range"), {
    query: { query: expr, start: start / 1000, end: end / 1000, step: stepMs / 1000 },
    ...(signal ? { signal } : {}),
  });
  const columns = toColumns(answer.data, start, end, stepMs);
  return { ...columns, warnings: answer.warnings ?? [], tookMs: performance.now() - began };
}

/** A matrix as columns over the whole range; steps without a sample are null. */
export function toColumns(
  data: RawResult,
  startMs: number,
  endMs: number,
  stepMs: number,
): Pick<RangeColumns, "timesMs" | "series" | "stepMs" | "samples"> {
  const length = Math.max(0, Math.floor((endMs - startMs) / stepMs) + 1);
  const timesMs = Array.from({ length }, (_, i) => startMs + i * stepMs);
  let samples = 0;
  const matrix = data.resultType === "matrix" ? data.result : [];
  const series = matrix.map(({ metric, values }) => {
    const column = new Array<number | null>(length).fill(null);
    for (const [atS, text] of values) {
      const slot = Math.round((atS * 1000 - startMs) / stepMs);
      const value = parseSample(text);
      if (slot >= 0 && slot < length && Number.isFinite(value)) column[slot] = value;
    }
    samples += values.length;
    return { labels: metric, values: column };
  });
  return { timesMs, series, stepMs, samples };
}

/** A range query over the scope's range; fetched again when samples arrive. */
export function useRangeQuery(
  projectId: number,
  expr: string,
  range: TimeRange,
  options: { stepMs?: number; points?: number; live?: boolean } = {},
): { value: Loaded<RangeColumns>; refreshing: boolean } {
  return useLoaded({
    key: projectKey(
      projectId,
      options.live === false ? [] : ["samples"],
      "range",
      expr,
      range,
      options.stepMs,
      options.points,
    ),
    fetch: (signal) => {
      const span = spanNow(range);
      return queryRange(
        projectId,
        expr,
        span,
        options.stepMs ?? stepFor(span, options.points),
        signal,
      );
    },
    enabled: expr.trim() !== "",
    isEmpty: (columns) => columns.series.length === 0,
    keepPrevious: true,
  });
}

/** An expression's value now; not live, for glances. */
export function useInstant(projectId: number, expr: string): Loaded<InstantValue[]> {
  return useLoaded({
    key: projectKey(projectId, [], "instant", expr),
    fetch: (signal) => queryInstant(projectId, expr, signal),
    enabled: expr.trim() !== "",
    isEmpty: (values) => values.length === 0,
  }).value;
}
