import { lazy, type ReactNode, Suspense, useMemo, useState } from "react";
import { logFilterOf, useLogCompletions } from "@/api/logs";
import { type Scope, useScope, useSearchState } from "@/api/scope";
import { readPreference, writePreference } from "@/lib/preferences";
import { SkeletonRows } from "@/ui/Async";
import { type Offers, QueryField, type QueryProblem, type Typing } from "@/ui/QueryField";
import { TabBar } from "@/ui/TabBar";
import { useDefer } from "@/ui/useDefer";
import { SearchView } from "./SearchView";
import { Tools } from "./Tools";
import "./logs.css";

const TailView = lazy(() => import("./TailView").then((one) => ({ default: one.TailView })));
const PatternsView = lazy(() =>
  import("./PatternsView").then((one) => ({ default: one.PatternsView })),
);
const SavedView = lazy(() => import("./SavedView").then((one) => ({ default: one.SavedView })));

const TABS = [
  { id: "search", label: "Search" },
  { id: "tail", label: "Live tail" },
  { id: "patterns", label: "Patterns" },
  { id: "saved", label: "Counted searches" },
] as const;

/** Lines of every service: searched, followed, and summed up by what they say. */
export function LogsPage(): ReactNode {
  const scope = useScope();
  const [search, change] = useSearchState();
  const tab = TABS.find((one) => one.id === search.tab)?.id ?? "search";
  const { q = "" } = search;
  const filter = useMemo(() => logFilterOf(scope, q), [scope, q]);
  const [problem, setProblem] = useState<QueryProblem | null>(null);
  const run = (text: string): void => {
    remember(scope.project.id, text);
    setProblem(null);
    change({ q: text || undefined, sel: undefined });
  };
  return (
    <div className="page logs">
      <div className="page-tabs">
        <TabBar
          label="Logs"
          tabs={TABS}
          value={tab}
          onChoose={(id) =>
            change({ tab: id === "search" ? undefined : id, sel: undefined, peek: undefined })
          }
          isFlush
        />
      </div>
      {tab === "saved" ? null : (
        <section className="panel open log-bar" aria-label="Search">
          <Field scope={scope} q={q} onRun={run} problem={problem} />
          <Tools scope={scope} filter={filter} tab={tab} />
        </section>
      )}
      <Suspense
        fallback={
          <section className="panel" aria-busy="true" aria-label="Loading">
            <SkeletonRows rows={16} height={22} />
          </section>
        }
      >
        {tab === "search" ? (
          <SearchView scope={scope} filter={filter} onRun={run} onProblem={setProblem} />
        ) : null}
        {tab === "tail" ? <TailView scope={scope} filter={filter} onRun={run} /> : null}
        {tab === "patterns" ? <PatternsView scope={scope} filter={filter} /> : null}
        {tab === "saved" ? <SavedView scope={scope} /> : null}
      </Suspense>
    </div>
  );
}

interface FieldProps {
  scope: Scope;
  q: string;
  problem: QueryProblem | null;
  onRun: (text: string) => void;
}

const TYPING_MS = 100;
const EMPTY: Typing = { text: "", cursor: 0 };

function Field({ scope, q, problem, onRun }: FieldProps): ReactNode {
  const [typing, setTyping] = useState(EMPTY);
  const settled = useDefer(typing, TYPING_MS);
  const found = useLogCompletions(scope.project.id, scope.range, settled);
  const offers: Offers | null = found && {
    text: found.text,
    from: found.answer.start,
    to: found.answer.end,
    options: found.answer.options.map(({ label, insert, detail }) => ({
      label,
      insert,
      note: detail,
    })),
  };
  return (
    <QueryField
      label="Search logs"
      placeholder='words, "a phrase", level:>=warn, service:shop, -not'
      value={q}
      onRun={onRun}
      onTyping={setTyping}
      offers={offers}
      history={searchesBefore(scope.project.id)}
      problem={problem}
    />
  );
}

const MOST = 30;
const historyName = (projectId: number): string => `log-searches.${projectId}`;

function searchesBefore(projectId: number): string[] {
  try {
    const kept: unknown = JSON.parse(readPreference(historyName(projectId)) ?? "[]");
    return Array.isArray(kept) ? kept.filter((one): one is string => typeof one === "string") : [];
  } catch {
    return [];
  }
}

function remember(projectId: number, text: string): void {
  if (text === "") return;
  const old = searchesBefore(projectId).filter((one) => one !== text);
  writePreference(historyName(projectId), JSON.stringify([text, ...old].slice(0, MOST)));
}
