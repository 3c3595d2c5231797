import { lazy, type ReactNode, Suspense, useEffect, useMemo, useState } from "react";
import { useCursor } from "@/api/cursor";
import { type LogFilter, useLogPages } from "@/api/logs";
import { type Scope, usePreference, useSearchState } from "@/api/scope";
import { REFUSED_SEARCH, searchProblem } from "@/lib/search-terms";
import { endsNow } from "@/lib/time";
import { Async, SkeletonRows } from "@/ui/Async";
import { Button } from "@/ui/controls";
import type { QueryProblem } from "@/ui/QueryField";
import { LIST_KEYS, useKeys } from "@/ui/useKeys";
import { columnsOf } from "./columns";
import { Facets } from "./Facets";
import { Histogram } from "./Histogram";
import { Lines, LinesHead } from "./Lines";
import { NoLines } from "./NoLines";
import { WRAP } from "./Tools";
import { toggleTerm } from "./terms";

const LinePeek = lazy(() => import("./LinePeek").then((one) => ({ default: one.LinePeek })));

interface SearchViewProps {
  scope: Scope;
  filter: LogFilter;
  onRun: (text: string) => void;
  onProblem: (problem: QueryProblem | null) => void;
}

/** Lines that match, newest first, with when they came and what they have in common. */
export function SearchView({ scope, filter, onRun, onProblem }: SearchViewProps): ReactNode {
  const [search] = useSearchState();
  const { q = "" } = search;
  const isLive = usePreference("live") !== "off" && endsNow(scope.range);
  const [isReading, setReading] = useState(false);
  // While someone reads an open line, no new ones push it away.
  const pages = useLogPages(scope.project.id, filter, isLive && !isReading);
  const failure = pages.value.state === "failed" ? pages.value.failure : null;
  useEffect(() => {
    onProblem(failure ? searchProblem(failure, filter.q.indexOf(q)) : null);
  }, [failure, filter.q, q, onProblem]);
  const toggle = (term: string): void => onRun(toggleTerm(q, term));
  return (
    <>
      <Histogram scope={scope} filter={filter} q={q} onTerm={toggle} />
      <div className="log-split">
        <Facets scope={scope} filter={filter} q={q} onTerm={toggle} />
        <section className="panel log-panel" aria-label="Found lines">
          {pages.refreshing ? <div className="progress" /> : null}
          {failure && REFUSED_SEARCH.test(failure.code) ? (
            <p className="state muted">The search cannot be read; what is wrong stands below it.</p>
          ) : null}
          <Async
            value={pages.value}
            empty={null}
            quiet={REFUSED_SEARCH}
            minHeight={420}
            skeleton={<SkeletonRows rows={20} height={22} />}
          >
            {(list) =>
              list.rows.length === 0 && !pages.hasMore ? (
                <NoLines scope={scope} filter={filter} />
              ) : (
                <Found
                  scope={scope}
                  pages={pages}
                  list={list}
                  onTerm={toggle}
                  onReading={setReading}
                />
              )
            }
          </Async>
        </section>
      </div>
    </>
  );
}

interface FoundProps {
  scope: Scope;
  pages: ReturnType<typeof useLogPages>;
  list: { rows: Parameters<typeof Lines>[0]["rows"]; words: readonly string[] };
  onTerm: (term: string) => void;
  onReading: (isReading: boolean) => void;
}

function Found({ scope, pages, list, onTerm, onReading }: FoundProps): ReactNode {
  const [search, change] = useSearchState();
  const { rows, words } = list;
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set(search.sel ? [search.sel] : []));
  const columns = columnsOf(search.cols);
  const isWrapped = usePreference(WRAP) === "on";
  const cursor = useCursor(useMemo(() => rows.map((row) => row.id), [rows]));
  const isReading = open.size > 0 || cursor.peeked !== null;
  useEffect(() => onReading(isReading), [isReading, onReading]);
  const toggle = (id: string): void => {
    setOpen((old) => {
      const next = new Set(old);
      if (!next.delete(id)) next.add(id);
      return next;
    });
    change({ sel: id }, true);
  };
  useKeys(
    {
      ...cursor.keys,
      Enter: () => (search.sel ? toggle(search.sel) : cursor.move(1)),
      Escape: () => (cursor.peeked === null && open.size > 0 ? setOpen(new Set()) : cursor.leave()),
    },
    LIST_KEYS,
  );
  const peeked = rows.find((row) => row.id === cursor.peeked);
  return (
    <>
      <Lines
        scope={scope}
        rows={rows}
        words={words}
        columns={columns}
        isWrapped={isWrapped}
        open={open}
        cursor={search.sel ?? null}
        onToggle={toggle}
        onTerm={onTerm}
        onPeek={cursor.peek}
        onEnd={pages.hasMore && !pages.isLoadingMore ? pages.loadMore : undefined}
        head={<LinesHead columns={columns} />}
        foot={
          <p className="log-foot faint s">
            {pages.hasMore ? (
              <Button small busy={pages.isLoadingMore} onClick={pages.loadMore}>
                {pages.isLoadingMore ? "Loading older lines…" : "Older lines"}
              </Button>
            ) : (
              "The first line of the range"
            )}
          </p>
        }
      />
      {peeked ? (
        <Suspense fallback={null}>
          <LinePeek
            scope={scope}
            line={peeked}
            onTerm={onTerm}
            onMove={cursor.move}
            onClose={() => cursor.peek(null)}
          />
        </Suspense>
      ) : null}
    </>
  );
}
