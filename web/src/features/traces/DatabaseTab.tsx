import { type ReactNode, useState } from "react";
import { useDependencies, useProblems, useSlowQueries, useStatements } from "@/api/performance";
import { type Scope, useSearchState } from "@/api/scope";
import { count } from "@/lib/units";
import { Async, SkeletonRows } from "@/ui/Async";
import { Switch } from "@/ui/controls";
import { TextFilter } from "@/ui/TextFilter";
import { useDefer } from "@/ui/useDefer";
import { Dependencies, Problems, SlowCalls } from "./DatabaseTables";
import { NoSpans } from "./NoSpans";
import { Statements } from "./Statements";

const VIEWS = [
  { value: "statements", label: "Statements" },
  { value: "problems", label: "Problems" },
  { value: "slow", label: "Slow calls" },
  { value: "outside", label: "Hosts, caches, queues" },
] as const;
type View = (typeof VIEWS)[number]["value"];

const TYPING_MS = 200;

/** What the services ask of databases and others: the costliest first, and what goes wrong there. */
export function DatabaseTab({ scope }: { scope: Scope }): ReactNode {
  const [search, change] = useSearchState();
  const view: View = VIEWS.find((one) => one.value === search.view)?.value ?? "statements";
  const [text, setText] = useState(search.q ?? "");
  const settled = useDefer(text.trim(), TYPING_MS);
  const problems = useProblems(scope);
  const found = problems.value.state === "ready" ? problems.value.data.total : 0;
  return (
    <section className="panel open" aria-label="Database">
      <TextFilter
        label="Find a statement"
        text={text}
        onText={(next) => {
          setText(next);
          change({ q: next || undefined }, true);
        }}
      >
        <Switch
          label="Show"
          value={view}
          options={VIEWS.map((one) =>
            one.value === "problems" && found > 0
              ? { ...one, label: `Problems ${count(found)}` }
              : one,
          )}
          onChange={(next) =>
            change({ view: next === "statements" ? undefined : next, sort: undefined })
          }
        />
      </TextFilter>
      {view === "statements" ? <StatementView scope={scope} q={settled} /> : null}
      {view === "problems" ? (
        <Async value={problems.value} empty={null} skeleton={<SkeletonRows rows={8} height={56} />}>
          {(page) => <Problems page={page} scope={scope} q={settled} />}
        </Async>
      ) : null}
      {view === "slow" ? <SlowView scope={scope} q={settled} /> : null}
      {view === "outside" ? <OutsideView scope={scope} q={settled} /> : null}
    </section>
  );
}

interface ViewProps {
  scope: Scope;
  q: string;
}

function StatementView({ scope, q }: ViewProps): ReactNode {
  const { value, refreshing } = useStatements(scope, q);
  return (
    <>
      {refreshing ? <div className="progress" /> : null}
      <Async value={value} empty={null} skeleton={<SkeletonRows rows={12} height={44} />}>
        {(page) =>
          page.statements.length === 0 ? (
            <NoSpans scope={scope} what="database statement" isNarrow={q !== ""} />
          ) : (
            <Statements page={page} />
          )
        }
      </Async>
    </>
  );
}

function SlowView({ scope, q }: ViewProps): ReactNode {
  const { value } = useSlowQueries(scope);
  return (
    <Async value={value} empty={null} skeleton={<SkeletonRows rows={12} height={34} />}>
      {(answer) => <SlowCalls answer={answer} scope={scope} q={q} />}
    </Async>
  );
}

function OutsideView({ scope, q }: ViewProps): ReactNode {
  const { value } = useDependencies(scope, q);
  return (
    <Async value={value} empty={null} skeleton={<SkeletonRows rows={12} height={34} />}>
      {(page) =>
        page.dependencies.length === 0 ? (
          <NoSpans scope={scope} what="call to a host, a cache or a queue" isNarrow={q !== ""} />
        ) : (
          <Dependencies page={page} />
        )
      }
    </Async>
  );
}
