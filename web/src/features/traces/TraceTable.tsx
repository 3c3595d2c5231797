import { useNavigate } from "@tanstack/react-router";
import { lazy, memo, type ReactNode, Suspense, useMemo } from "react";
import { type Cursor, useCursor } from "@/api/cursor";
import { type Scope, useSearchState } from "@/api/scope";
import { outlineKey, type TraceOutline, useTraceOutlines } from "@/api/trace-outlines";
import {
  type TraceItem,
  type TraceList,
  type TracePages,
  type TraceSort,
  usePrefetchTrace,
} from "@/api/traces";
import { narrowed, searchTerm } from "@/lib/search-terms";
import { clockSeconds, date, moment, sameDay } from "@/lib/time";
import { compact, count, duration } from "@/lib/units";
import type { SearchMap } from "@/lib/url-state";
import { Button } from "@/ui/controls";
import { Glyph } from "@/ui/Glyph";
import { PageLink, scopeOnly } from "@/ui/PageLink";
import { PeekButton } from "@/ui/PeekButton";
import type { RowFacts, RowTerm } from "@/ui/row-menu";
import { LIST_KEYS, useKeys } from "@/ui/useKeys";
import { VirtualTable } from "@/ui/VirtualTable";
import { serviceColors, toMs } from "./colors";
import { MiniWaterfall } from "./MiniWaterfall";

const TracePeek = lazy(() => import("./TracePeek").then((one) => ({ default: one.TracePeek })));

interface TraceTableProps {
  scope: Scope;
  list: TraceList;
  pages: TracePages;
  sort: TraceSort;
}

const ROW = 34;
const PHONE_ROW = 64;

const isPhone = (): boolean => matchMedia("(max-width: 760px)").matches;

/** A row a trace: what it was, where it went, how long it took. */
export function TraceTable({ scope, list, pages, sort }: TraceTableProps): ReactNode {
  const { rows } = list;
  const navigate = useNavigate();
  const prefetch = usePrefetchTrace(scope.project.id);
  const colors = useMemo(() => serviceColors(rows.flatMap((row) => row.services)), [rows]);
  const outlines = useTraceOutlines(scope.project.id, rows, scope);
  const ids = useMemo(() => rows.map((row) => row.trace_id), [rows]);
  const cursor = useCursor(ids, { elementOf, onReach: prefetch });
  useKeys(
    {
      ...cursor.keys,
      Enter: () => {
        if (cursor.id === null) return;
        void navigate({
          to: `/o/${scope.org.slug}/traces/${cursor.id}`,
          search: (old: SearchMap) => scopeOnly(old),
        });
      },
    },
    LIST_KEYS,
  );
  const factsOf = useTraceFacts(cursor.peek);
  const isPhoneNow = isPhone();
  return (
    <>
      <VirtualTable
        label="Traces"
        head={<Head sort={sort} />}
        total={rows.length}
        rows={rows}
        rowHeight={isPhoneNow ? PHONE_ROW : ROW}
        className="trace-list"
        rowKey={(row) => row.trace_id}
        rowClass={(row) => rowClass(row.trace_id, cursor)}
        rowFacts={factsOf}
      >
        {(row) => (
          <Cells
            row={row}
            zone={scope.zone}
            colors={colors}
            outline={outlines.get(outlineKey(row)) ?? null}
            onPrefetch={prefetch}
            onPeek={cursor.peek}
          />
        )}
      </VirtualTable>
      <Foot scope={scope} list={list} pages={pages} />
      {cursor.peeked === null ? null : (
        <Suspense fallback={null}>
          <TracePeek
            scope={scope}
            traceId={cursor.peeked}
            onMove={cursor.move}
            onClose={() => cursor.peek(null)}
          />
        </Suspense>
      )}
    </>
  );
}

/** What the menu of a trace offers. */
function useTraceFacts(onPeek: (id: string) => void): (row: TraceItem) => RowFacts {
  const [search, change] = useSearchState();
  const { q = "" } = search;
  const term = (key: string, value: string): RowTerm => ({
    label: `${key} ${value}`,
    onFilter: () => change({ q: narrowed(q, searchTerm(key, value)), sel: undefined }),
    onExclude: () => change({ q: narrowed(q, `-${searchTerm(key, value)}`), sel: undefined }),
  });
  return (row) => ({
    name: row.name || "Trace",
    page: { to: `traces/${row.trace_id}` },
    onPeek: () => onPeek(row.trace_id),
    terms: [
      ...(row.name ? [term("name", row.name)] : []),
      ...row.services.slice(0, MOST_SERVICES).map((one) => term("service", one)),
    ],
    copies: [
      { label: "trace id", text: row.trace_id },
      { label: "name", text: row.name },
    ],
  });
}

const elementOf = (id: string): string => `trace-${id}`;

const rowClass = (id: string, { id: at, peeked }: Cursor): string | undefined =>
  id === peeked ? "cursor peeked" : id === at ? "cursor" : undefined;

function Head({ sort }: { sort: TraceSort }): ReactNode {
  return (
    <>
      <th scope="col" className="only-l">
        Start
      </th>
      <th scope="col">Trace</th>
      <th scope="col" className="only-l">
        Services
      </th>
      <th scope="col" className="num only-l">
        Spans
      </th>
      <th scope="col" className="num only-l">
        Errors
      </th>
      <th scope="col" className="num" aria-sort={sort === "slowest" ? "descending" : undefined}>
        Duration
      </th>
    </>
  );
}

interface CellsProps {
  row: TraceItem;
  zone: string;
  colors: ReadonlyMap<string, string>;
  outline: TraceOutline | null;
  onPrefetch: (id: string) => void;
  onPeek: (id: string) => void;
}

const Cells = memo(function Cells({
  row,
  zone,
  colors,
  outline,
  onPrefetch,
  onPeek,
}: CellsProps): ReactNode {
  const isBad = row.status === "error" || row.errors > 0;
  return (
    <>
      <td className="only-l muted mono" title={moment(row.start_ms, zone, Date.now())}>
        {startText(row.start_ms, zone)}
      </td>
      <td>
        <PageLink to={`traces/${row.trace_id}`} className="trace-cell">
          <span
            className="l1"
            id={`trace-${row.trace_id}`}
            onPointerEnter={() => onPrefetch(row.trace_id)}
          >
            {row.status === "error" ? (
              <Glyph status="crit" label="failed" />
            ) : isBad ? (
              <Glyph status="warn" label="failed inside" />
            ) : (
              <Glyph status="ok" label="ok" />
            )}
            <ServiceName name={row.service} colors={colors} />
            <span className="m trunc" title={row.name}>
              {row.name || row.op || "unnamed"}
            </span>
            {row.has_root ? null : (
              <span className="faint s nowrap only-l" title="Its first span was not sent">
                no root
              </span>
            )}
            {row.matched > 0 ? (
              <span className="faint s nowrap only-l">{count(row.matched)} match</span>
            ) : null}
          </span>
          <span className="only-s faint s l2">
            {startText(row.start_ms, zone)} · {count(row.spans)}{" "}
            {row.spans === 1 ? "span" : "spans"}
            {row.errors > 0 ? (
              <span className="crit">
                {" "}
                · {count(row.errors)} {row.errors === 1 ? "error" : "errors"}
              </span>
            ) : null}
          </span>
        </PageLink>
        <PeekButton name={row.name || "the trace"} onPeek={() => onPeek(row.trace_id)} />
      </td>
      <td className="only-l">
        <Services services={row.services} colors={colors} />
      </td>
      <td className="num only-l">{compact(row.spans)}</td>
      <td className={row.errors > 0 ? "num only-l crit" : "num only-l faint"}>
        {compact(row.errors)}
      </td>
      <td className="num duration">
        <MiniWaterfall outline={outline} durationNs={row.duration_ns} colors={colors} />
        <span className="m">{duration(toMs(row.duration_ns))}</span>
      </td>
    </>
  );
});

const startText = (ms: number, zone: string): string => {
  const now = Date.now();
  const time = clockSeconds(ms, zone);
  return sameDay(ms, now, zone) ? time : `${date(ms, zone, now)} ${time}`;
};

/** A service with its colour. */
export function ServiceName({
  name,
  colors,
}: {
  name: string;
  colors: ReadonlyMap<string, string>;
}): ReactNode {
  return (
    <span className="service nowrap muted">
      <i
        className="swatch"
        style={{ background: `var(--${colors.get(name) ?? "prev"})` }}
        aria-hidden="true"
      />
      {name || "no service"}
    </span>
  );
}

const MOST_SERVICES = 4;

function Services({
  services,
  colors,
}: {
  services: readonly string[];
  colors: ReadonlyMap<string, string>;
}): ReactNode {
  const shown = services.slice(0, MOST_SERVICES);
  return (
    <span className="services" title={services.join(", ")}>
      {shown.map((name) => (
        <ServiceName key={name} name={name} colors={colors} />
      ))}
      {services.length > MOST_SERVICES ? (
        <span className="faint s">+{services.length - MOST_SERVICES}</span>
      ) : null}
    </span>
  );
}

/** How far the search has come, and how to go on. */
function Foot({ scope, list, pages }: Omit<TraceTableProps, "sort">): ReactNode {
  const since = moment(list.searchedFromMs, scope.zone, Date.now());
  return (
    <p className="trace-more row wrap">
      {list.isPartial ? <span className="tag warn">The slowest of those since {since}</span> : null}
      {pages.hasMore ? (
        <>
          <span className="faint s">
            {count(list.rows.length)} shown, searched back to {since}
          </span>
          <Button busy={pages.isLoadingMore} onClick={pages.loadMore}>
            {pages.isLoadingMore ? "Searching…" : "Search on"}
          </Button>
        </>
      ) : (
        <span className="faint s">
          {count(list.rows.length)} {list.rows.length === 1 ? "trace" : "traces"}, that is all
        </span>
      )}
    </p>
  );
}
