/** What other signals know of the moment of an event. */
import type { Loaded } from "@/lib/loaded";
import { iso, type TimeRange } from "@/lib/time";
import { call } from "./client";
import { projectPath } from "./projects";
import { projectKey, useLoaded } from "./queries";
import type { components } from "./schema";

type Outlines = components["schemas"]["TraceOutlines"];
type Histogram = components["schemas"]["LogHistogram"];

const AROUND_MS = 300_000;

/** Five minutes before and after, as an address has it. */
export const aroundOf = (atMs: number): TimeRange => ({
  from: iso(atMs - AROUND_MS),
  to: iso(atMs + AROUND_MS),
});

/** A trace in a line: the way it took through services, and how long. */
export interface TraceGlance {
  readonly services: readonly string[];
  readonly durationNs: number;
}

/** The trace of an event; empty if none of its spans is stored. */
export function useTraceGlance(
  projectId: number,
  traceId: string,
  atMs: number,
): Loaded<TraceGlance> {
  return useLoaded<Outlines, TraceGlance | null>({
    key: projectKey(projectId, [], "trace-glance", traceId),
    fetch: (signal) =>
      call("GET", projectPath(projectId, "/traces/outlines"), {
        query: { from: atMs - AROUND_MS, to: atMs + AROUND_MS, id: [traceId] },
        signal,
      }),
    select: glanceOf,
    isEmpty: (found) => found === null,
    enabled: traceId !== "",
    staleMs: 60_000,
  }).value as Loaded<TraceGlance>;
}

/** Services in the order in which they were reached: spans come by their start. */
export function glanceOf({ outlines: [found] }: Outlines): TraceGlance | null {
  if (found === undefined) return null;
  const services = found.service.map((at) => found.services[at] ?? "");
  return {
    services: [...new Set(services)].filter((name) => name !== ""),
    durationNs: Math.max(0, ...found.duration_ns),
  };
}

/** Log lines of the trace, or of all of the project, five minutes around. */
export function useLineCount(projectId: number, traceId: string, atMs: number): Loaded<number> {
  return useLoaded<Histogram, number>({
    key: projectKey(projectId, [], "line-count", traceId, atMs),
    fetch: (signal) =>
      call("GET", projectPath(projectId, "/logs/histogram"), {
        query: {
          from: atMs - AROUND_MS,
          to: atMs + AROUND_MS,
          q: traceId === "" ? "" : `trace:${traceId}`,
          buckets: 1,
        },
        signal,
      }),
    select: ({ total }) => total,
    enabled: atMs > 0,
    staleMs: 60_000,
  }).value;
}
