import { type ReactNode, useEffect, useMemo, useState } from "react";
import { nameSource, useHasMetrics, useMetadata } from "@/api/names";
import { type Scope, useScope, useSearchState } from "@/api/scope";
import { SendFirst } from "@/onboarding/SendFirst";
import { Button } from "@/ui/controls";
import { toast } from "@/ui/Toasts";
import "./explore.css";
import { ExploreNav, type View, viewOf } from "./ExploreNav";
import { remember } from "./history";
import { converted, isForeign, newQuery, type Query, queriesOf, queryPatch } from "./link";
import { QueryRow } from "./QueryRow";
import { Result } from "./Result";
import { letterOf } from "./series";

/** Ask anything of the metrics: queries, chart, heatmap, table. The address holds all of it. */
export function ExplorePage(): ReactNode {
  const scope = useScope();
  const [search, change] = useSearchState();
  const metrics = useHasMetrics(scope.project.id);
  const isTheirs = isForeign(search);
  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each such address.
  useEffect(() => {
    if (!isTheirs) return;
    change(converted(search), true);
    toast("A link of Prometheus's page, opened here");
  }, [isTheirs]);
  if (isTheirs) return null;
  if (metrics.state === "empty")
    return (
      <div className="page">
        <SendFirst scope={scope} title="Send the first metric" brings="metrics" />
      </div>
    );
  return <Queries scope={scope} />;
}

const MOST_QUERIES = 8;

function Queries({ scope }: { scope: Scope }): ReactNode {
  const [search, change] = useSearchState();
  const projectId = scope.project.id;
  const queries = queriesOf(search);
  const stamp = JSON.stringify(queries.map((one) => one.expr));
  const [drafts, setDrafts] = useState<readonly string[]>(() => JSON.parse(stamp));
  useEffect(() => setDrafts(JSON.parse(stamp)), [stamp]);
  const names = useMemo(() => nameSource(projectId), [projectId]);
  const metadata = useMetadata(projectId);
  const view: View = viewOf(search.tab);
  const put = (next: readonly Query[], replace = false): void =>
    change(queryPatch(search, next.length > 0 ? next : [newQuery()]), replace);
  const run = (at: number, text?: string): void => {
    const next = queries.map((query, i) => {
      const expr = (i === at ? (text ?? drafts[i]) : drafts[i]) ?? "";
      if (expr === query.expr) return query;
      remember(projectId, expr);
      return { ...query, expr, only: [], hidden: [], isOff: i === at ? false : query.isOff };
    });
    put(next);
  };
  const set = (at: number, patch: Partial<Query>): void =>
    put(queries.map((one, i) => (i === at ? { ...one, ...patch } : one)));
  const move = (at: number, by: number): void => {
    const next = [...queries];
    const [taken] = next.splice(at, 1);
    if (taken) next.splice(at + by, 0, taken);
    put(next);
  };
  const copy = (at: number): void => {
    const own = queries[at];
    if (own) put([...queries.slice(0, at + 1), own, ...queries.slice(at + 1)]);
  };
  const shown = queries.map((query, i) => ({ query, i })).filter(({ query }) => !query.isOff);
  return (
    <div className="page explore">
      <ExploreNav view={view} onView={(tab) => change({ tab })} />
      <section className="panel open queries" aria-label="Queries">
        {queries.map((query, i) => (
          <QueryRow
            // biome-ignore lint/suspicious/noArrayIndexKey: a query is its place in the address.
            key={i}
            index={i}
            of={queries.length}
            draft={drafts[i] ?? query.expr.trim()}
            query={query}
            names={names}
            scope={scope}
            isFull={queries.length >= MOST_QUERIES}
            onChange={(text) =>
              setDrafts((old) =>
                queries.map((one, at) => (at === i ? text : (old[at] ?? one.expr))),
              )
            }
            onRun={(text) => run(i, text)}
            onSet={(patch) => set(i, patch)}
            onMove={(by) => move(i, by)}
            onCopy={() => copy(i)}
            onRemove={
              queries.length > 1 ? () => put(queries.filter((_, at) => at !== i)) : undefined
            }
          />
        ))}
        <div className="query-foot">
          <Button
            icon="plus"
            small
            reason={
              queries.length >= MOST_QUERIES ? `At most ${MOST_QUERIES} queries a page` : undefined
            }
            onClick={() => put([...queries, newQuery()])}
          >
            Add query
          </Button>
        </div>
      </section>
      {shown.map(({ query, i }) => (
        <Result
          key={i}
          letter={queries.length > 1 ? letterOf(i) : null}
          query={query}
          scope={scope}
          view={view}
          share={shown.length}
          metadata={metadata}
          onSet={(patch) =>
            put(
              queries.map((one, at) => (at === i ? { ...one, ...patch } : one)),
              true,
            )
          }
          onExpr={(expr) => run(i, expr)}
        />
      ))}
    </div>
  );
}
