/** Names of metrics and labels, as the editor and the finder ask for them. */
import type { Loaded } from "@/lib/loaded";
import { call } from "./client";
import type { Labels } from "./metrics";
import { projectKey, useLoaded } from "./queries";

interface Envelope<T> {
  readonly data: T;
}

async function get<T>(
  projectId: number,
  rest: string,
  query: Record<string, string | number>,
  signal?: AbortSignal,
): Promise<T> {
  const options = signal ? { query, signal } : { query };
  return (await call<Envelope<T>>("GET", `/p/${projectId}/api/v1/${rest}`, options)).data;
}

interface Metadata {
  readonly type: string;
  readonly help: string;
  readonly unit?: string;
}

/** What is declared of metrics, by name or family. */
export function useMetadata(projectId: number): Readonly<Record<string, Metadata>> {
  const { value } = useLoaded({
    key: projectKey(projectId, ["setup"], "metadata"),
    fetch: async (signal) => {
      const all = await get<Record<string, Metadata[]>>(projectId, "metadata", {}, signal);
      return Object.fromEntries(
        Object.entries(all).flatMap(([name, [first]]) => (first ? [[name, first]] : [])),
      );
    },
    staleMs: 60_000,
  });
  return value.state === "ready" ? value.data : {};
}

/** Whether the project has any metric at all. */
export function useHasMetrics(projectId: number): Loaded<string[]> {
  return useLoaded({
    key: projectKey(projectId, ["setup"], "any-metric"),
    fetch: (signal) => get<string[]>(projectId, "label/__name__/values", { limit: 1 }, signal),
    isEmpty: (names) => names.length === 0,
    staleMs: 60_000,
  }).value;
}

const LEAST_LETTERS = 2;
const MOST_FOUND = 20;

/** Metrics whose name has the words in it, those that begin with them first. */
export function useMetricNames(projectId: number, words: string): readonly string[] {
  const pattern = words
    .toLowerCase()
    .split(/[\s_]+/)
    .map(escaped)
    .join(".*");
  const { value } = useLoaded({
    key: projectKey(projectId, [], "metric-names", pattern),
    fetch: (signal) =>
      get<string[]>(
        projectId,
        "label/__name__/values",
        { limit: MOST_FOUND, "match[]": `{__name__=~${JSON.stringify(`(?i).*${pattern}.*`)}}` },
        signal,
      ),
    enabled: words.length >= LEAST_LETTERS,
    staleMs: 60_000,
  });
  if (value.state !== "ready") return [];
  const begins = (name: string): number => (name.toLowerCase().startsWith(words) ? 0 : 1);
  return [...value.data].sort((a, b) => begins(a) - begins(b));
}

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** Values of a label among the series of a metric, of the last 12 hours. */
export function useLabelValues(
  projectId: number,
  label: string,
  metric: string,
): readonly string[] {
  const { value } = useLoaded({
    key: projectKey(projectId, [], "label-values", label, metric),
    fetch: (signal) =>
      get<string[]>(
        projectId,
        `label/${encodeURIComponent(label)}/values`,
        { ...lookback(), ...matching(metric), limit: 500 },
        signal,
      ),
    enabled: label !== "",
    staleMs: 60_000,
  });
  return value.state === "ready" ? value.data : [];
}

/** Labels of a metric's series, of the last 12 hours. */
export function useLabelNames(projectId: number, metric: string): readonly string[] {
  const { value } = useLoaded({
    key: projectKey(projectId, [], "label-names", metric),
    fetch: (signal) =>
      get<string[]>(projectId, "labels", { ...lookback(), ...matching(metric) }, signal),
    enabled: metric !== "",
    staleMs: 60_000,
  });
  return value.state === "ready" ? value.data.filter((name) => name !== "__name__") : [];
}

const LOOKBACK_S = 12 * 3600;
const KEPT_MS = 60_000;

function lookback(): { start: number; end: number } {
  const end = Math.floor(Date.now() / KEPT_MS) * 60;
  return { start: end - LOOKBACK_S, end: end + 60 };
}

const matching = (metric: string | undefined): Record<string, string> =>
  metric ? { "match[]": `{__name__=${JSON.stringify(metric)}}` } : {};

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

/** Asked once a minute for the same thing; a failure is "nothing known", as completion is a help. */
export function nameSource(projectId: number): NameSource {
  const kept = new Map<string, { atMs: number; answer: Promise<unknown> }>();
  const ask = <T>(rest: string, metric: string | undefined, nothing: T): Promise<T> => {
    const key = `${rest} ${metric ?? ""}`;
    const old = kept.get(key);
    if (old && Date.now() - old.atMs < KEPT_MS) return old.answer as Promise<T>;
    const query = { ...lookback(), ...matching(metric) };
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
