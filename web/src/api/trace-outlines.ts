import { useEffect, useState } from "react";
import { call } from "./client";
import { projectPath } from "./projects";
import { projectKey, useLoaded } from "./queries";
import type { components } from "./schema";
import { spanNow } from "./scope";
import type { TraceFilter, TraceItem } from "./traces";

export type TraceOutline = components["schemas"]["TraceOutline"];
type Answer = components["schemas"]["TraceOutlines"];

/** At once: a page of the list. */
const MOST = 50;

/**
 * Small pictures of the traces of a list, by `outlineKey`; null where none of its spans is there. Each is asked for once; one that has more
 * spans since is asked for again.
 */
export function useTraceOutlines(
  projectId: number,
  rows: readonly TraceItem[],
  { range }: Pick<TraceFilter, "range">,
): ReadonlyMap<string, TraceOutline | null> {
  const [known, setKnown] = useState<ReadonlyMap<string, TraceOutline | null>>(new Map());
  const missing = rows.filter((row) => !known.has(outlineKey(row))).slice(0, MOST);
  const { value } = useLoaded<{ asked: readonly TraceItem[]; answer: Answer }>({
    key: projectKey(projectId, [], "trace-outlines", missing.map(outlineKey)),
    fetch: async (signal) => {
      const { fromMs, toMs } = spanNow(range);
      const id = missing.map((row) => row.trace_id);
      const path = projectPath(projectId, "/traces/outlines");
      const query = { from: fromMs, to: toMs, id };
      return { asked: missing, answer: await call<Answer>("GET", path, { query, signal }) };
    },
    enabled: missing.length > 0,
    staleMs: Number.POSITIVE_INFINITY,
  });
  const found = value.state === "ready" ? value.data : null;
  useEffect(() => {
    if (found === null) return;
    const byId = new Map(found.answer.outlines.map((one) => [one.trace_id, one]));
    setKnown((old) => {
      const next = new Map(old);
      for (const row of found.asked) next.set(outlineKey(row), byId.get(row.trace_id) ?? null);
      return next;
    });
  }, [found]);
  return known;
}

export const outlineKey = ({ trace_id: id, spans }: TraceItem): string => `${id} ${spans}`;
