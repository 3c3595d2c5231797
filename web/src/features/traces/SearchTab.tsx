import { type ReactNode, useMemo, useState } from "react";
import { type Scope, useSearchState, useSetRange } from "@/api/scope";
import {
  type TraceFilter,
  type TraceSort,
  traceFilterOf,
  useTraceFields,
  useTracePages,
  useTraceValues,
} from "@/api/traces";
import { REFUSED_SEARCH, searchProblem } from "@/lib/search-terms";
import { duration } from "@/lib/units";
import { wholeOr } from "@/lib/url-state";
import { Async, SkeletonRows } from "@/ui/Async";
import { Button, Switch } from "@/ui/controls";
import { Icon } from "@/ui/Icon";
import { QueryField, type QueryProblem, type Typing } from "@/ui/QueryField";
import { useDefer } from "@/ui/useDefer";
import { rememberSearch, searchesBefore } from "./history";
import { NoSpans } from "./NoSpans";
import { Overview } from "./Overview";
import { askedAt, fixedValues, offersAt } from "./suggest";
import { TraceTable } from "./TraceTable";

const TYPING_MS = 120;
const EMPTY: Typing = { text: "", cursor: 0 };

/** Find traces: a search, when they ran and how long they took, and one row each. */
export function SearchTab({ scope }: { scope: Scope }): ReactNode {
  const [search, change] = useSearchState();
  const { q = "" } = search;
  const sort: TraceSort = search.sort === "slowest" ? "slowest" : "newest";
  const [minMs, maxMs] = [wholeOr(search.min, null), wholeOr(search.max, null)];
  const filter = useMemo(() => traceFilterOf(scope, { q, minMs, maxMs }), [scope, q, minMs, maxMs]);
  const list = useTracePages(scope.project.id, filter, sort);
  const run = (text: string): void => {
    rememberSearch(scope.project.id, text);
    change({ q: text || undefined, sel: undefined });
  };
  const problem = list.value.state === "failed" ? searchProblem(list.value.failure) : null;
  return (
    <>
      <section className="panel open trace-bar" aria-label="Search">
        <div className="bar-row">
          <Field scope={scope} q={q} onRun={run} problem={problem} />
          <Switch
            label="Order"
            value={sort}
            options={[
              { value: "newest", label: "Newest" },
              { value: "slowest", label: "Slowest" },
            ]}
            onChange={(next) =>
              change({ sort: next === "newest" ? undefined : next, sel: undefined })
            }
          />
        </div>
        <Narrowed filter={filter} />
      </section>
      <Overview scope={scope} filter={filter} />
      <section className="panel open" aria-label="Traces">
        {list.refreshing ? <div className="progress" /> : null}
        {problem ? (
          <p className="state muted">The search cannot be read; what is wrong stands below it.</p>
        ) : null}
        <Async
          value={list.value}
          empty={null}
          quiet={REFUSED_SEARCH}
          minHeight={420}
          skeleton={<SkeletonRows rows={12} height={34} />}
        >
          {(data) =>
            data.rows.length === 0 && !list.hasMore ? (
              <NoSpans
                scope={scope}
                what={isNarrowed(filter) ? "trace" : "traces"}
                isNarrow={isNarrowed(filter)}
                onClear={() => change(UNNARROWED)}
              />
            ) : (
              <TraceTable scope={scope} list={data} pages={list} sort={sort} />
            )
          }
        </Async>
      </section>
    </>
  );
}

const isNarrowed = ({ q, minMs, maxMs, environment, release }: TraceFilter): boolean =>
  q !== "" || minMs !== null || maxMs !== null || environment !== null || release !== null;

const UNNARROWED = {
  q: undefined,
  min: undefined,
  max: undefined,
  env: undefined,
  release: undefined,
};

interface FieldProps {
  scope: Scope;
  q: string;
  problem: QueryProblem | null;
  onRun: (text: string) => void;
}

function Field({ scope, q, problem, onRun }: FieldProps): ReactNode {
  const [typing, setTyping] = useState(EMPTY);
  const asked = askedAt(typing);
  const settled = useDefer(asked.prefix, TYPING_MS);
  const known = useTraceFields(scope.project.id, scope.range);
  const fixed = fixedValues(asked.field);
  const values = useTraceValues(
    scope.project.id,
    scope.range,
    fixed.length > 0 ? "" : asked.field,
    settled,
  );
  return (
    <QueryField
      label="Search traces"
      placeholder="service:shop status:error duration:>500ms, or words of a name"
      value={q}
      onRun={onRun}
      onTyping={setTyping}
      offers={offersAt(typing, known, fixed.length > 0 ? fixed : values)}
      history={searchesBefore(scope.project.id)}
      problem={problem}
    />
  );
}

/** What narrows the search beside its text: a brushed stretch of durations. */
function Narrowed({ filter }: { filter: TraceFilter }): ReactNode {
  const [, change] = useSearchState();
  const setRange = useSetRange();
  const { minMs, maxMs } = filter;
  if (minMs === null && maxMs === null) return null;
  return (
    <div className="row wrap narrowed s">
      <span className="tag info">
        <Icon name="trace" small />
        {minMs === null ? "0" : duration(minMs)} to {maxMs === null ? "any" : duration(maxMs)}
      </span>
      <Button small onClick={() => change({ min: undefined, max: undefined })}>
        Any duration
      </Button>
      <Button small onClick={() => setRange({ from: "now-6h", to: "now" })}>
        Last 6 h
      </Button>
    </div>
  );
}
