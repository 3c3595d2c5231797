import type { ReactNode } from "react";
import { type Scope, useSearchState } from "@/api/scope";
import type { Trace, TraceProblem } from "@/api/traces";
import { moment } from "@/lib/time";
import { compact, count, duration, percent } from "@/lib/units";
import { Ago } from "@/ui/Ago";
import { Button, CopyButton } from "@/ui/controls";
import { Glyph } from "@/ui/Glyph";
import { PageLink } from "@/ui/PageLink";
import { Tag } from "@/ui/Panel";
import { toMs } from "./colors";

/** What the trace was, in one line, and what the reader must know of how it was made. */
export function TraceHead({ trace, scope }: { trace: Trace; scope: Scope }): ReactNode {
  return (
    <header className="trace-head">
      <div className="trace-title">
        <h2 className="trunc" title={trace.name}>
          {trace.status === "error" ? <Glyph status="crit" label="failed" /> : null}
          {trace.name || "Trace"}
        </h2>
        <span className="row">
          {trace.log_lines > 0 ? (
            <PageLink
              to="logs"
              search={{ q: `trace:${trace.trace_id}`, ...around(trace) }}
              className="btn"
            >
              {compact(trace.log_lines)} log lines
            </PageLink>
          ) : null}
          {trace.error_events > 0 ? (
            <PageLink
              to="errors"
              search={{ tab: "all", q: `trace:${trace.trace_id}`, ...around(trace) }}
              className="btn"
            >
              {plural(trace.error_events, "error", "errors")}
            </PageLink>
          ) : null}
          <CopyButton text={trace.trace_id} label="Copy id" small={false} />
        </span>
      </div>
      <TraceFacts trace={trace} scope={scope} />
      <Notes trace={trace} />
    </header>
  );
}

/** How long, how much, when, and of which release. */
export function TraceFacts({ trace, scope }: { trace: Trace; scope: Scope }): ReactNode {
  const failed = trace.services.reduce((sum, one) => sum + one.errors, 0);
  return (
    <ul className="trace-facts muted" aria-label="Facts">
      <li>
        <b className="m">{duration(toMs(trace.duration_ns))}</b>
      </li>
      <li>
        {count(trace.total_spans)} {trace.total_spans === 1 ? "span" : "spans"} in{" "}
        {trace.services.length} {trace.services.length === 1 ? "service" : "services"}
      </li>
      {failed > 0 ? (
        <li className="crit">{plural(failed, "failed span", "failed spans")}</li>
      ) : null}
      {trace.error_events > 0 ? (
        <li className="crit">{plural(trace.error_events, "error event", "error events")}</li>
      ) : null}
      <li title={moment(trace.start_ms, scope.zone, Date.now())}>
        {moment(trace.start_ms, scope.zone, Date.now())},{" "}
        <Ago atMs={trace.start_ms} zone={scope.zone} />
      </li>
      {trace.environment ? <li>{trace.environment}</li> : null}
      {trace.release ? (
        <li className="trunc">
          <PageLink to="errors/releases" search={{ version: trace.release }} className="link">
            {trace.release}
          </PageLink>
        </li>
      ) : null}
      {trace.sample_ratio !== null && trace.sample_ratio < 1 ? (
        <li>
          <Tag title="The sender keeps a share of such traces">
            1 of {compact(Math.round(1 / trace.sample_ratio))} kept
          </Tag>
        </li>
      ) : null}
    </ul>
  );
}

const AROUND_MS = 60_000;

/** A range around the trace, for pages that have one. */
export function around(trace: Trace): { from: string; to: string } {
  const end = trace.start_ms + toMs(trace.duration_ns);
  return {
    from: new Date(trace.start_ms - AROUND_MS).toISOString(),
    to: new Date(end + AROUND_MS).toISOString(),
  };
}

function noteOf({ kind, rows, total_ns: totalNs }: TraceProblem): string {
  const took = duration(toMs(totalNs));
  return kind === "n_plus_one"
    ? `N+1: ${count(rows.length)} equal queries, ${took}`
    : `Slow query, ${took}`;
}

/** What was cut, lost, sent twice or shifted. */
function Notes({ trace }: { trace: Trace }): ReactNode {
  const [, change] = useSearchState();
  const { orphans, duplicates, is_cut: isCut, problems } = trace;
  const isShifted = trace.is_skewed && trace.is_skew_adjusted;
  const repeated = problems.filter((one) => one.kind === "n_plus_one");
  const slow = problems.filter((one) => one.kind !== "n_plus_one");
  const show = ({ rows: [first = -1] }: TraceProblem): void =>
    change({ span: trace.spans.span_id[first], view: undefined }, true);
  if (!isCut && !orphans && !duplicates && !trace.is_skewed && problems.length === 0) return null;
  return (
    <ul className="row wrap trace-notes" aria-label="Notes">
      {[...repeated, ...slow].map((one) => (
        <li key={`${one.kind} ${one.statement}`}>
          <button
            type="button"
            className="tag warn note-button"
            title={one.statement}
            onClick={() => show(one)}
          >
            {noteOf(one)}
          </button>
        </li>
      ))}
      {isCut ? (
        <li>
          <Tag tone="warn">
            {count(trace.spans.span_id.length)} of {count(trace.total_spans)} spans shown
          </Tag>
        </li>
      ) : null}
      {orphans > 0 ? (
        <li>
          <Tag title="Their parents were not sent, or not yet">
            {plural(orphans, "span", "spans")} without a stored parent
          </Tag>
        </li>
      ) : null}
      {duplicates > 0 ? (
        <li>
          <Tag>{plural(duplicates, "span", "spans")} sent twice, shown once</Tag>
        </li>
      ) : null}
      {trace.is_skewed ? (
        <li className="row">
          <Tag tone="info" title={skewText(trace)}>
            {isShifted ? "Clocks differ, spans shifted" : "Clocks differ, times as sent"}
          </Tag>
          <Button small onClick={() => change({ skew: isShifted ? "off" : undefined })}>
            {isShifted ? "Show as sent" : "Shift into their parents"}
          </Button>
        </li>
      ) : null}
    </ul>
  );
}

const plural = (n: number, one: string, many: string): string =>
  `${count(n)} ${n === 1 ? one : many}`;

const skewText = (trace: Trace): string =>
  trace.services
    .filter((one) => one.skew_ns !== 0)
    .map((one) => `${one.name} by ${duration(toMs(one.skew_ns))}`)
    .join(", ") || "The clocks of its hosts differ";

/** How much of the whole a stretch is. */
export const shareText = (part: number, whole: number): string =>
  whole > 0 ? percent(part / whole) : "–";
