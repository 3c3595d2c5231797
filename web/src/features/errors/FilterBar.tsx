import { type ReactNode, useState } from "react";
import { useCompletion } from "@/api/issue-search";
import type { IssueList } from "@/api/issues";
import { type Scope, useSearchState } from "@/api/scope";
import type { Loaded } from "@/lib/loaded";
import { readPreference, writePreference } from "@/lib/preferences";
import { count } from "@/lib/units";
import type { SearchMap } from "@/lib/url-state";
import { Button } from "@/ui/controls";
import { SeverityBars } from "@/ui/Glyph";
import { Icon } from "@/ui/Icon";
import { MenuItem, Popover } from "@/ui/Menu";
import { type Offers, QueryField, type QueryProblem, type Typing } from "@/ui/QueryField";
import { TabBar } from "@/ui/TabBar";
import { useDefer } from "@/ui/useDefer";
import { KeptSearches } from "./KeptSearches";
import {
  ALL,
  namesState,
  SEVERITIES,
  SORTS,
  severityOf,
  sortOf,
  VIEWS,
  type View,
  viewOf,
} from "./views";

interface FilterBarProps {
  scope: Scope;
  search: SearchMap;
  view: View;
  value: Loaded<IssueList>;
}

/** Views as tabs, and below them the search, the severity and the order. */
export function FilterBar({ scope, search, view, value }: FilterBarProps): ReactNode {
  const [, change] = useSearchState();
  const run = (text: string): void => {
    remember(scope.project.id, text);
    const isOwn = namesState(text) && viewOf(search.tab).id !== ALL;
    change({ q: text || undefined, sel: undefined, ...(isOwn ? { tab: ALL } : {}) });
  };
  const severity = severityOf(search.severity);
  const total = value.state === "ready" ? count(value.data.total) : "";
  return (
    <>
      <TabBar
        label="Views"
        tabs={VIEWS.map(({ id, label }) =>
          id === view.id ? { id, label, note: total } : { id, label },
        )}
        value={view.id}
        onChoose={(id) =>
          change({ tab: id === VIEWS[0].id ? undefined : id, sel: undefined, peek: undefined })
        }
      />
      <div className="filters">
        <SearchField scope={scope} q={search.q ?? ""} onRun={run} problem={problemOf(value)} />
        <KeptSearches scope={scope} search={search} />
        <SeverityFilter severity={severity} onChoose={(one) => change({ severity: one })} />
        <SortMenu view={view} search={search} onChoose={(one) => change({ sort: one })} />
        {severity || search.q ? (
          <Button kind="quiet" onClick={() => change({ q: undefined, severity: undefined })}>
            Clear
          </Button>
        ) : null}
      </div>
      <Hints value={value} />
    </>
  );
}

/** What is wrong with the search, where the server says that it is the search. */
export function problemOf(value: Loaded<IssueList>): QueryProblem | null {
  const failure =
    value.state === "failed" ? value.failure : value.state === "ready" ? value.stale : undefined;
  if (failure === undefined || failure.field !== "q") return null;
  return { message: failure.message, at: failure.position ?? null };
}

function Hints({ value }: { value: Loaded<IssueList> }): ReactNode {
  const hints = value.state === "ready" ? value.data.hints : [];
  if (hints.length === 0) return null;
  return (
    <ul className="search-hints muted s" aria-label="Hints">
      {hints.map((hint) => (
        <li key={hint}>{hint}</li>
      ))}
    </ul>
  );
}

interface SearchFieldProps {
  scope: Scope;
  q: string;
  problem: QueryProblem | null;
  onRun: (text: string) => void;
}

const TYPING_MS = 100;

function SearchField({ scope, q, problem, onRun }: SearchFieldProps): ReactNode {
  const [typing, setTyping] = useState<Typing | null>(null);
  const settled = useDefer(typing, TYPING_MS);
  const found = useCompletion(scope.project.id, scope.range, settled);
  const offers: Offers | null = found && {
    text: found.text,
    from: found.answer.start,
    to: found.answer.end,
    options: found.answer.suggestions.map(({ text, label, about, count: times }) => ({
      label,
      insert: text.trimEnd(),
      note: times === null ? about : `${count(times)} ${times === 1 ? "event" : "events"}`,
    })),
  };
  return (
    <QueryField
      label="Search issues"
      placeholder="words, is:regressed, release:latest, user.id:42, -type:Timeout*"
      value={q}
      onRun={onRun}
      onTyping={setTyping}
      offers={offers}
      history={searchesBefore(scope.project.id)}
      problem={problem}
    />
  );
}

function SeverityFilter({
  severity,
  onChoose,
}: {
  severity: ReturnType<typeof severityOf>;
  onChoose: (severity: string | undefined) => void;
}): ReactNode {
  return (
    <Popover
      button={
        <>
          {severity ? <SeverityBars severity={severity} silent /> : null}
          {severity ?? "All severities"} <Icon name="down" small />
        </>
      }
    >
      {(close) =>
        [null, ...SEVERITIES].map((one) => (
          <MenuItem
            key={one ?? "all"}
            chosen={one === severity}
            onChoose={() => {
              close();
              onChoose(one ?? undefined);
            }}
          >
            {one ? <SeverityBars severity={one} silent /> : null}
            {one ?? "All severities"}
          </MenuItem>
        ))
      }
    </Popover>
  );
}

function SortMenu({
  view,
  search,
  onChoose,
}: {
  view: View;
  search: SearchMap;
  onChoose: (sort: string | undefined) => void;
}): ReactNode {
  const sort = view.sort ?? sortOf(search.sort);
  return (
    <Popover
      align="end"
      button={
        <>
          <span className="faint only-l">by</span> {SORTS.find((one) => one.value === sort)?.label}{" "}
          <Icon name="down" small />
        </>
      }
      reason={view.sort ? `“${view.label}” is sorted by ${view.sort.replace("_", " ")}` : undefined}
    >
      {(close) =>
        SORTS.map((one) => (
          <MenuItem
            key={one.value}
            chosen={one.value === sort}
            onChoose={() => {
              close();
              onChoose(one.value === "last_seen" ? undefined : one.value);
            }}
          >
            {one.label}
          </MenuItem>
        ))
      }
    </Popover>
  );
}

const MOST = 30;
const historyName = (projectId: number): string => `issue-searches.${projectId}`;

/** Searches that were run in this browser, newest first. */
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
