import type { Loaded } from "@/lib/loaded";
import { type Span, stepFor, type TimeRange } from "@/lib/time";
import { call, callTraced } from "./client";
import { type Labels, parseSample, type RangeColumns, toColumns } from "./metrics";
import { projectKey, useLoaded } from "./queries";
import { spanNow } from "./scope";

/** What an answer cost the server. */
export interface Cost {
  /** Series that were read. */
  readonly series: number;
  readonly samples: number;
  readonly peakSamples: number | null;
  /** In the engine, and as the reader waited for it. */
  readonly tookMs: number;
  readonly roundTripMs: number;
  readonly isPushedDown: boolean;
  /** What it was read from where that is not the samples themselves: "1h". */
  readonly resolution: string | null;
}

/** One bucket of a native histogram. */
export interface NativeBucket {
  readonly low: number;
  readonly high: number;
  readonly count: number;
}

/** A native histogram series on the answer's times; null where there is none. */
export interface HistogramSeries {
  readonly labels: Labels;
  readonly buckets: readonly (readonly NativeBucket[] | null)[];
}

export interface ExploreAnswer extends RangeColumns {
  readonly cost: Cost;
  readonly span: Span;
  readonly infos: readonly string[];
  readonly histograms: readonly HistogramSeries[];
  readonly requestId: string | null;
}

interface Envelope<T> {
  readonly data: T;
  readonly warnings?: string[];
  readonly infos?: string[];
}

interface Stats {
  readonly timings?: { readonly evalTotalTime?: number };
  readonly samples?: { readonly totalQueryableSamples?: number; readonly peakSamples?: number };
  readonly series?: number;
  readonly pushedDown?: boolean | number;
  readonly resolution?: string | null;
}

type RawBucket = readonly [number, string, string, string];

interface RawHistogram {
  readonly count: string;
  readonly sum: string;
  readonly buckets?: readonly RawBucket[];
}

interface RawSeries {
  readonly metric: Labels;
  readonly values?: [number, string][];
  readonly histograms?: readonly (readonly [number, RawHistogram])[];
}

interface RangeData {
  readonly resultType: "matrix";
  readonly result: readonly RawSeries[];
  readonly stats?: Stats;
}

const apiPath = (projectId: number, rest: string): string => `/p/${projectId}/api/v1/${rest}`;

const POINTS = 360;

/** A question: PromQL, the step in ms (null: as the range wants), and how far back it is moved. */
export interface Question {
  readonly expr: string;
  readonly stepMs?: number | null;
  readonly shiftMs?: number;
  readonly enabled?: boolean;
}

/** The step that a query over the range has if none is chosen (ms). */
export const autoStep = (range: TimeRange): number => stepFor(spanNow(range), POINTS);

/** A query over the range with its cost; fetched again when samples arrive. */
export function useExploreQuery(
  projectId: number,
  { expr, stepMs = null, shiftMs = 0, enabled = true }: Question,
  range: TimeRange,
): { value: Loaded<ExploreAnswer>; refreshing: boolean } {
  return useLoaded({
    // What lies wholly in the past does not change with what arrives.
    key: projectKey(
      projectId,
      shiftMs === 0 ? ["samples"] : [],
      "explore",
      expr,
      stepMs,
      shiftMs,
      range,
    ),
    fetch: (signal) => fetchRange(projectId, expr, spanNow(range), { stepMs, shiftMs }, signal),
    enabled: enabled && expr.trim() !== "",
    isEmpty: (answer) => answer.series.length === 0 && answer.histograms.length === 0,
    keepPrevious: true,
  });
}

async function fetchRange(
  projectId: number,
  expr: string,
  span: Span,
  how: { stepMs: number | null; shiftMs: number },
  signal: AbortSignal,
): Promise<ExploreAnswer> {
  const stepMs = how.stepMs ?? stepFor(span, POINTS);
  const query = rangeQuery(expr, span, stepMs, how.shiftMs);
  const began = performance.now();
  const { body, requestId } = await callTraced<Envelope<RangeData>>(
    "GET",
    apiPath(projectId, "query_range"),
    { query: { ...query, stats: "all" }, signal },
  );
  const roundTripMs = performance.now() - began;
  const { data, warnings, infos } = body;
  const [startMs, endMs] = [query.start * 1000, query.end * 1000];
  const floats = data.result.filter((one) => one.values !== undefined);
  const columns = toColumns(
    {
      resultType: "matrix",
      result: floats.map(({ metric, values = [] }) => ({ metric, values })),
    },
    startMs,
    endMs,
    stepMs,
  );
  return {
    ...columns,
    timesMs: columns.timesMs.map((at) => at + how.shiftMs),
    span,
    warnings: warnings ?? [],
    infos: infos ?? [],
    histograms: histogramsOf(data.result, startMs, stepMs, columns.timesMs.length),
    tookMs: roundTripMs,
    requestId,
    cost: costOf(data.stats, columns.series.length, columns.samples, roundTripMs),
  };
}

function histogramsOf(
  result: readonly RawSeries[],
  startMs: number,
  stepMs: number,
  length: number,
): HistogramSeries[] {
  return result.flatMap(({ metric, histograms }) => {
    if (histograms === undefined) return [];
    const buckets = new Array<readonly NativeBucket[] | null>(length).fill(null);
    for (const [atS, one] of histograms) {
      const slot = Math.round((atS * 1000 - startMs) / stepMs);
      if (slot >= 0 && slot < length) buckets[slot] = (one.buckets ?? []).map(bucketOf);
    }
    return [{ labels: metric, buckets }];
  });
}

const bucketOf = ([, low, high, count]: RawBucket): NativeBucket => ({
  low: parseSample(low),
  high: parseSample(high),
  count: parseSample(count),
});

/** Steps lie on whole multiples, so that a refresh does not shift every point. Seconds. */
function rangeQuery(
  expr: string,
  span: Span,
  stepMs: number,
  shiftMs = 0,
): { query: string; start: number; end: number; step: number } {
  return {
    query: expr,
    start: (Math.ceil(span.fromMs / stepMs) * stepMs - shiftMs) / 1000,
    end: (Math.floor(span.toMs / stepMs) * stepMs - shiftMs) / 1000,
    step: stepMs / 1000,
  };
}

function costOf(
  stats: Stats | undefined,
  series: number,
  samples: number,
  roundTripMs: number,
): Cost {
  const seconds = stats?.timings?.evalTotalTime;
  return {
    series: stats?.series ?? series,
    samples: stats?.samples?.totalQueryableSamples ?? samples,
    peakSamples: stats?.samples?.peakSamples ?? null,
    tookMs: seconds === undefined ? roundTripMs : seconds * 1000,
    roundTripMs,
    isPushedDown: Boolean(stats?.pushedDown),
    resolution: stats?.resolution || null,
  };
}

/** The same request for a terminal; the token is the reader's own. */
export function curlOf(
  projectId: number,
  expr: string,
  stepMs: number | null,
  range: TimeRange,
): string {
  const span = spanNow(range);
  const asked = rangeQuery(expr, span, stepMs ?? stepFor(span, POINTS));
  const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
  return [
    `curl -sG ${quoted(`${location.origin}${apiPath(projectId, "query_range")}`)}`,
    `-H "Authorization: Bearer $WATCHKEEPER_TOKEN"`,
    ...Object.entries(asked).map(
      ([name, value]) => `--data-urlencode ${quoted(`${name}=${value}`)}`,
    ),
  ].join(" \\\n  ");
}

interface InstantData {
  readonly resultType: "vector" | "matrix" | "scalar" | "string";
  readonly result: unknown;
}

/** What the server answers to a query at one instant, as it is. */
export function useRawAnswer(projectId: number, expr: string, atMs: number): Loaded<InstantData> {
  return useLoaded({
    key: projectKey(projectId, [], "raw", expr, atMs),
    fetch: (signal) =>
      get<InstantData>(projectId, "query", { query: expr, time: atMs / 1000 }, signal),
    isEmpty: (data) => Array.isArray(data.result) && data.result.length === 0,
    keepPrevious: true,
  }).value;
}

/** A single observation with its trace. */
export interface Exemplar {
  readonly series: Labels;
  readonly labels: Labels;
  readonly atMs: number;
  readonly value: number;
}

interface RawExemplars {
  readonly seriesLabels: Labels;
  readonly exemplars: readonly { labels: Labels; value: string; timestamp: number }[];
}

/** Exemplars of the series that a query selects, over the range. */
export function useExemplars(
  projectId: number,
  expr: string,
  range: TimeRange,
  enabled: boolean,
): readonly Exemplar[] {
  const { value } = useLoaded({
    key: projectKey(projectId, [], "exemplars", expr, range),
    fetch: async (signal) => {
      const { fromMs, toMs } = spanNow(range);
      const query = { query: expr, start: fromMs / 1000, end: toMs / 1000 };
      return exemplarsOf(
        await get<RawExemplars[]>(projectId, "query_exemplars", query, signal).catch(() => []),
      );
    },
    enabled,
    staleMs: 30_000,
    keepPrevious: true,
  });
  return value.state === "ready" ? value.data : [];
}

export const exemplarsOf = (all: readonly RawExemplars[]): Exemplar[] =>
  all.flatMap(({ seriesLabels, exemplars }) =>
    exemplars.map(({ labels, value, timestamp }) => ({
      series: seriesLabels,
      labels,
      atMs: timestamp * 1000,
      value: parseSample(value),
    })),
  );

async function get<T>(
  projectId: number,
  rest: string,
  query: Record<string, string | number>,
  signal?: AbortSignal,
): Promise<T> {
  const options = signal ? { query, signal } : { query };
  return (await call<Envelope<T>>("GET", apiPath(projectId, rest), options)).data;
}
