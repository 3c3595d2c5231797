import type { Loaded } from "@/lib/loaded";
import { type Span, stepFor, type TimeRange } from "@/lib/time";
import { call } from "./client";
import { type Labels, type RangeColumns, toColumns } from "./metrics";
import { projectKey, useLoaded } from "./queries";
import { spanNow } from "./scope";

/** What an answer cost the server. */
export interface Cost {
  /** Series that were read. */
  readonly series: number;
  readonly samples: number;
  readonly tookMs: number;
  readonly isPushedDown: boolean;
}

export interface ExploreAnswer extends RangeColumns {
  readonly cost: Cost;
  readonly span: Span;
}

interface Envelope<T> {
  readonly data: T;
  readonly warnings?: string[];
  readonly infos?: string[];
}

interface Stats {
  readonly timings?: { readonly evalTotalTime?: number };
  readonly samples?: { readonly totalQueryableSamples?: number };
  readonly series?: number;
  readonly pushedDown?: boolean | number;
}

type RangeData = Parameters<typeof toColumns>[0] & { readonly stats?: Stats };

const apiPath = (projectId: number, rest: string): string => `/p/${projectId}/api/v1/${rest}`;

const POINTS = 360;

/** A query over the range with its cost; fetched again when samples arrive. */
export function useExploreQuery(
  projectId: number,
  expr: string,
  range: TimeRange,
): { value: Loaded<ExploreAnswer>; refreshing: boolean } {
  return useLoaded({
    key: projectKey(projectId, ["samples"], "explore", expr, range),
    fetch: (signal) => fetchRange(projectId, expr, spanNow(range), signal),
    enabled: expr.trim() !== "",
    isEmpty: (answer) => answer.series.length === 0,
    keepPrevious: true,
  });
}

async function fetchRange(
  projectId: number,
  expr: string,
  span: Span,
  signal: AbortSignal,
): Promise<ExploreAnswer> {
  const stepMs = stepFor(span, POINTS);
  const query = rangeQuery(expr, span, stepMs);
  const began = performance.now();
  const { data, warnings, infos } = await call<Envelope<RangeData>>(
    "GET",
    apiPath(projectId, "query_range"),
    { query: { ...query, stats: "all" }, signal },
  );
  const columns = toColumns(data, query.start * 1000, query.end * 1000, stepMs);
  const tookMs = performance.now() - began;
  return {
    ...columns,
    span,
    warnings: [...(warnings ?? []), ...(infos ?? [])],
    tookMs,
    cost: costOf(data.stats, columns.series.length, columns.samples, tookMs),
  };
}

/** Steps lie on whole multiples, so that a refresh does not shift every point. Seconds. */
function rangeQuery(
  expr: string,
  span: Span,
  stepMs: number,
): { query: string; start: number; end: number; step: number } {
  return {
    query: expr,
    start: (Math.ceil(span.fromMs / stepMs) * stepMs) / 1000,
    end: (Math.floor(span.toMs / stepMs) * stepMs) / 1000,
    step: stepMs / 1000,
  };
}

function costOf(stats: Stats | undefined, series: number, samples: number, tookMs: number): Cost {
  const seconds = stats?.timings?.evalTotalTime;
  return {
    series: stats?.series ?? series,
    samples: stats?.samples?.totalQueryableSamples ?? samples,
    tookMs: seconds === undefined ? tookMs : seconds * 1000,
    isPushedDown: Boolean(stats?.pushedDown),
  };
}

/** The same request for a terminal; the token is the reader's own. */
export function curlOf(projectId: number, expr: string, range: TimeRange): string {
  const span = spanNow(range);
  const asked = rangeQuery(expr, span, stepFor(span, POINTS));
  const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
  return [
    `curl -sG ${quoted(`${location.origin}${apiPath(projectId, "query_range")}`)}`,
    `-H "Authorization: Bearer $WATCHKEEPER_TOKEN"`,
    ...Object.entries(asked).map(
      ([name, value]) => `--data-urlencode ${quoted(`${name}=${value}`)}`,
    ),
  ].join(" \\\n  ");
}

export interface MetricFacts {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly unit: string;
}

interface Metadata {
  readonly type: string;
  readonly help: string;
  readonly unit?: string;
}

/** Every metric's name with what is known of it; by name. */
export function useMetrics(projectId: number): Loaded<MetricFacts[]> {
  return useLoaded({
    key: projectKey(projectId, ["setup"], "metrics"),
    fetch: async (signal) => {
      const [names, metadata] = await Promise.all([
        fetchMetricNames(projectId, signal),
        fetchMetadata(projectId, signal),
      ]);
      return names.map((name) => factsOf(name, metadata[name]?.[0]));
    },
    isEmpty: (all) => all.length === 0,
    staleMs: 60_000,
  }).value;
}

const factsOf = (name: string, known: Metadata | undefined): MetricFacts => ({
  name,
  type: known?.type ?? "unknown",
  help: known?.help ?? "",
  unit: known?.unit ?? "",
});

async function get<T>(
  projectId: number,
  rest: string,
  query: Record<string, string | number>,
  signal?: AbortSignal,
): Promise<T> {
  const options = signal ? { query, signal } : { query };
  return (await call<Envelope<T>>("GET", apiPath(projectId, rest), options)).data;
}

const fetchMetricNames = (projectId: number, signal?: AbortSignal): Promise<string[]> =>
  get(projectId, "label/__name__/values", {}, signal);

const fetchMetadata = (
  projectId: number,
  signal?: AbortSignal,
): Promise<Record<string, Metadata[]>> => get(projectId, "metadata", {}, signal);

interface Matcher {
  readonly name: string;
  readonly value: string;
  matchesEmpty(): boolean;
}

/** What the editor asks while typing: names, labels and values of the last 12 hours. */
export interface NameSource {
  metricNames(): Promise<string[]>;
  metricMetadata(): Promise<Record<string, { type: string; help: string }[]>>;
  labelNames(metric?: string): Promise<string[]>;
  labelValues(label: string, metric?: string, matchers?: Matcher[]): Promise<string[]>;
  series(metric: string): Promise<Map<string, string>[]>;
  flags(): Promise<Record<string, string>>;
}

const LOOKBACK_S = 12 * 3600;
const KEPT_MS = 60_000;

/** Asked once a minute for the same thing; a failure is "nothing known", as completion is a help. */
export function nameSource(projectId: number): NameSource {
  const kept = new Map<string, { atMs: number; answer: Promise<unknown> }>();
  const ask = <T>(rest: string, metric: string | undefined, nothing: T): Promise<T> => {
    const end = Math.floor(Date.now() / KEPT_MS) * 60;
    const key = `${rest} ${metric ?? ""}`;
    const old = kept.get(key);
    if (old && Date.now() - old.atMs < KEPT_MS) return old.answer as Promise<T>;
    const query = {
      start: end - LOOKBACK_S,
      end: end + 60,
      ...(metric ? { "match[]": metric } : {}),
    };
    const answer = get<T>(projectId, rest, query).catch(() => nothing);
    kept.set(key, { atMs: Date.now(), answer });
    return answer;
  };
  return {
    metricNames: () => ask("label/__name__/values", undefined, []),
    metricMetadata: () => ask("metadata", undefined, {}),
    labelNames: (metric) => ask("labels", metric, []),
    labelValues: (label, metric) => ask(`label/${encodeURIComponent(label)}/values`, metric, []),
    series: async (metric) => {
      const found = await ask<Labels[]>("series", metric, []);
      return found.map((labels) => new Map(Object.entries(labels)));
    },
    flags: async () => ({}),
  };
}
