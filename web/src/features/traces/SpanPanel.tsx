import { type ReactNode, useState } from "react";
import { useTraceLogs } from "@/api/logs";
import { type Scope, useSearchState } from "@/api/scope";
import { type SpanDetail, type Trace, useSpan } from "@/api/traces";
import { clockSeconds, moment } from "@/lib/time";
import { count, duration } from "@/lib/units";
import { Async, SkeletonRows } from "@/ui/Async";
import { Attributes } from "@/ui/Attributes";
import { Button, CopyButton } from "@/ui/controls";
import { Glyph } from "@/ui/Glyph";
import { PageLink } from "@/ui/PageLink";
import { TabBar } from "@/ui/TabBar";
import { toMs } from "./colors";
import type { Drawing } from "./drawing";
import { SpanErrors, SpanEvents, SpanLinks, SpanLogs } from "./SpanParts";
import { Statement } from "./Statement";
import { around, shareText } from "./TraceHead";
import type { Stretch } from "./tree";

interface SpanPanelProps {
  trace: Trace;
  drawing: Drawing;
  row: number;
  scope: Scope;
  onClose: () => void;
  onZoom: (stretch: Stretch) => void;
}

/** Everything that is stored of one span, beside the rows. */
export function SpanPanel(props: SpanPanelProps): ReactNode {
  const { trace, drawing, row, scope, onClose, onZoom } = props;
  const { rows } = drawing;
  const id = rows.span_id[row] ?? "";
  const project = trace.project_ids[rows.project[row] ?? 0] ?? scope.project.id;
  const value = useSpan(project, trace.trace_id, id);
  const start = rows.start_ns[row] ?? 0;
  const length = rows.duration_ns[row] ?? 0;
  return (
    <aside className="panel span-panel" aria-label="Span">
      <div className="ph">
        <h2 className="trunc" title={drawing.name(row)}>
          {drawing.name(row)}
        </h2>
        <span className="row more">
          <Button kind="quiet" small icon="close" aria-label="Close (Esc)" onClick={onClose} />
        </span>
      </div>
      <ul className="span-facts s" aria-label="Facts of the span">
        <li className="row">
          <i
            className="swatch"
            style={{ background: `var(--${drawing.color(row)})` }}
            aria-hidden="true"
          />
          {drawing.service(row)}
          {drawing.op(row) ? <span className="faint">{drawing.op(row)}</span> : null}
        </li>
        <li>
          <b className="m">{duration(toMs(length))}</b>{" "}
          <span className="faint">
            {shareText(length, drawing.extent.to - drawing.extent.from)} of the trace,{" "}
            {duration(toMs(rows.self_ns[row] ?? 0))} of its own
          </span>
        </li>
        <li className="faint">
          {duration(toMs(start - drawing.extent.from))} after the start,{" "}
          {clockSeconds(trace.start_ms + toMs(start), scope.zone)}
        </li>
      </ul>
      <div className="row wrap span-acts">
        <Button
          small
          onClick={() => onZoom({ from: start, to: start + Math.max(length, 1_000) })}
          title="Show only this span's time"
        >
          Zoom to it
        </Button>
        <CopyButton text={`${location.href}`} label="Copy link" />
        <CopyButton text={id} label="Copy span id" />
      </div>
      <Async value={value} empty={null} minHeight={320} skeleton={<SkeletonRows rows={9} />}>
        {(span) => <Detail span={span} {...props} />}
      </Async>
    </aside>
  );
}

const TABS = ["attributes", "events", "logs", "errors"] as const;
type Tab = (typeof TABS)[number];

function Detail({ span, trace, scope }: SpanPanelProps & { span: SpanDetail }): ReactNode {
  const [tab, setTab] = useState<Tab>(span.errors.length > 0 ? "errors" : "attributes");
  const logs = useTraceLogs(span.project_id, trace.trace_id, around(trace), tab === "logs");
  const counts: Record<Tab, number | null> = {
    attributes: null,
    events: span.events.length + span.links.length,
    logs: span.log_lines,
    errors: span.errors.length,
  };
  return (
    <>
      {span.status === "error" ? (
        <p className="span-status crit">
          <Glyph status="crit" label="" />
          {span.status_message || "failed"}
        </p>
      ) : null}
      {span.statement ? <Statement text={span.statement} system={span.db_system} /> : null}
      <TabBar
        label="Of the span"
        tabs={TABS.map((id) => ({
          id,
          label: id.slice(0, 1).toUpperCase() + id.slice(1),
          note: counts[id] ? count(counts[id]) : undefined,
        }))}
        value={tab}
        onChoose={setTab}
      />
      <div role="tabpanel" aria-label={tab} className="span-part">
        {tab === "attributes" ? <Facts span={span} scope={scope} /> : null}
        {tab === "events" ? (
          <>
            <SpanEvents span={span} zone={scope.zone} />
            <SpanLinks span={span} />
          </>
        ) : null}
        {tab === "logs" ? (
          <SpanLogs logs={logs} span={span} trace={trace} zone={scope.zone} />
        ) : null}
        {tab === "errors" ? <SpanErrors span={span} zone={scope.zone} /> : null}
      </div>
    </>
  );
}

/** What is stored beside the attributes, under the names of the search language. */
const OWN: readonly (readonly [string, (span: SpanDetail) => string])[] = [
  ["kind", (span) => span.kind],
  ["op", (span) => span.op],
  ["route", (span) => span.route],
  ["http.method", (span) => span.http_method],
  ["http.status", (span) => (span.http_status > 0 ? String(span.http_status) : "")],
  ["db.system", (span) => span.db_system],
  ["host", (span) => span.host],
  ["environment", (span) => span.environment],
  ["release", (span) => span.release],
  ["user", (span) => span.user_key],
  ["session", (span) => span.session_id],
];

function Facts({ span, scope }: { span: SpanDetail; scope: Scope }): ReactNode {
  const [search] = useSearchState();
  const own = OWN.map(([key, read]) => ({ key, value: read(span) })).filter((one) => one.value);
  const sent = Object.entries(span.attributes)
    .map(([key, value]) => ({ key, value }))
    .sort((a, b) => (a.key < b.key ? -1 : 1));
  const isOwn = new Set(own.map((one) => one.key));
  const termOf = (key: string, value: string): string =>
    `${isOwn.has(key) ? key : `attr.${key}`}:${JSON.stringify(value)}`;
  const [term, setTerm] = useState<string | null>(null);
  return (
    <>
      {term ? (
        <p className="row wrap span-filter">
          <span className="mono trunc">{term}</span>
          <PageLink
            to="traces"
            search={{ q: term, ...(search.from ? {} : aroundDay(span.start_ms)) }}
            className="btn sm pri"
          >
            Find such traces
          </PageLink>
          <Button small onClick={() => setTerm(null)}>
            Cancel
          </Button>
        </p>
      ) : null}
      <Attributes
        label="attributes"
        rows={[...own, ...sent]}
        onFilter={({ key, value }, isExclude) =>
          setTerm(`${isExclude ? "-" : ""}${termOf(key, value)}`)
        }
      />
      <p className="faint xs pad">
        received {moment(span.received_ms, scope.zone, Date.now())} from {span.source}
      </p>
    </>
  );
}

const HALF_DAY_MS = 43_200_000;

/** A trace of long ago is not in the usual range. */
function aroundDay(ms: number): { from: string; to: string } | Record<string, never> {
  if (Date.now() - ms < HALF_DAY_MS / 2) return {};
  return {
    from: new Date(ms - HALF_DAY_MS).toISOString(),
    to: new Date(ms + HALF_DAY_MS).toISOString(),
  };
}
