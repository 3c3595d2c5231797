import { type ReactNode, useEffect, useMemo, useState } from "react";
import { nameSource, useExploreQuery, useMetrics } from "@/api/explore";
import { useSetup } from "@/api/projects";
import { type Scope, useScope, useSearchState } from "@/api/scope";
import { Async, SkeletonRows } from "@/ui/Async";
import { Button, Switch } from "@/ui/controls";
import { FirstRecord } from "@/ui/FirstRecord";
import { Panel } from "@/ui/Panel";
import { Answer } from "./Answer";
import { remember } from "./history";
import { QueryRow } from "./QueryRow";
import { queriesOf, queryPatch } from "./series";
import "./explore.css";

/** Ask anything of the metrics: queries, chart, legend, table. The address holds the queries. */
export function ExplorePage(): ReactNode {
  const scope = useScope();
  const metrics = useMetrics(scope.project.id);
  if (metrics.state === "empty") return <NeverSetUp scope={scope} />;
  return <Queries scope={scope} />;
}

const MOST_QUERIES = 8;

function Queries({ scope }: { scope: Scope }): ReactNode {
  const [search, change] = useSearchState();
  const run = queriesOf(search);
  const stamp = JSON.stringify(run);
  const [drafts, setDrafts] = useState<readonly string[]>(run);
  useEffect(() => setDrafts(JSON.parse(stamp)), [stamp]);
  const names = useMemo(() => nameSource(scope.project.id), [scope.project.id]);
  const isTable = search.tab === "table";
  const runAll = (texts: readonly string[]): void => {
    for (const text of texts) remember(text);
    change(queryPatch(search, texts));
  };
  const set = (at: number, text: string): void =>
    setDrafts((old) => old.map((one, i) => (i === at ? text : one)));
  const removed = (at: number): string[] => drafts.filter((_, i) => i !== at);
  return (
    <div className="page explore">
      <section className="panel open queries" aria-label="Queries">
        {drafts.map((draft, i) => (
          <QueryRow
            // biome-ignore lint/suspicious/noArrayIndexKey: a query is its place in the address.
            key={i}
            index={i}
            draft={draft}
            run={run[i] ?? ""}
            names={names}
            scope={scope}
            onChange={(text) => set(i, text)}
            onRun={(text) => runAll(drafts.map((one, at) => (at === i ? (text ?? one) : one)))}
            onRemove={drafts.length > 1 ? () => runAll(removed(i)) : undefined}
          />
        ))}
        <div className="row wrap query-foot">
          <Button
            icon="plus"
            reason={
              drafts.length >= MOST_QUERIES ? `At most ${MOST_QUERIES} queries a page` : undefined
            }
            onClick={() => setDrafts([...drafts, ""])}
          >
            Add query
          </Button>
          <span className="grow" />
          <Switch
            label="Show as"
            value={isTable ? "table" : "chart"}
            options={[
              { value: "chart", label: "Chart" },
              { value: "table", label: "Table" },
            ]}
            onChange={(tab) => change({ tab: tab === "table" ? "table" : undefined }, true)}
          />
        </div>
      </section>
      {run.map((expr, i) => (
        <Result
          // biome-ignore lint/suspicious/noArrayIndexKey: a query is its place in the address.
          key={i}
          expr={expr}
          scope={scope}
          isTable={isTable}
          share={run.length}
        />
      ))}
    </div>
  );
}

interface ResultProps {
  expr: string;
  scope: Scope;
  isTable: boolean;
  share: number;
}

function Result({ expr, scope, isTable, share }: ResultProps): ReactNode {
  const { value, refreshing } = useExploreQuery(scope.project.id, expr, scope.range);
  if (expr.trim() === "")
    return (
      <section className="panel">
        <div className="state result-empty">
          <p className="muted">
            Type a query, or take a metric from the finder. <kbd>Ctrl Enter</kbd> runs it.
          </p>
        </div>
      </section>
    );
  // What the server refused stands at the query.
  if (value.state === "failed" && value.failure.code === "bad_data") return null;
  return (
    <Async
      value={value}
      minHeight={320}
      skeleton={
        <section className="panel">
          <div className="result-empty" />
          <SkeletonRows rows={5} height={28} />
        </section>
      }
      empty={
        <section className="panel">
          <div className="state result-empty">
            <p>No series in this range.</p>
            <p className="faint s">
              The metric or the labels may not have been sent then; a longer range or fewer labels
              may find it.
            </p>
          </div>
        </section>
      }
    >
      {(answer) => (
        <Answer
          expr={expr}
          answer={answer}
          scope={scope}
          isTable={isTable}
          isRefreshing={refreshing}
          share={share}
        />
      )}
    </Async>
  );
}

function NeverSetUp({ scope }: { scope: Scope }): ReactNode {
  const setup = useSetup(scope.project.id);
  return (
    <div className="page">
      <Panel title="Send the first metric">
        <div className="pad">
          <Async value={setup} empty={null} minHeight={260}>
            {(data) => (
              <FirstRecord
                setup={data}
                projectId={scope.project.id}
                zone={scope.zone}
                brings="metrics"
              />
            )}
          </Async>
        </div>
      </Panel>
    </div>
  );
}
