import type { ReactNode } from "react";
import type { LogLine } from "@/api/logs";
import type { SpanDetail, Trace } from "@/api/traces";
import type { Loaded } from "@/lib/loaded";
import { clockSeconds, iso } from "@/lib/time";
import { Async } from "@/ui/Async";
import { Attributes } from "@/ui/Attributes";
import { Glyph } from "@/ui/Glyph";
import { PageLink } from "@/ui/PageLink";
import { SeverityGlyph } from "@/ui/SeverityGlyph";
import { around } from "./TraceHead";

const rowsOf = (attributes: Readonly<Record<string, string>>) =>
  Object.entries(attributes).map(([key, value]) => ({ key, value }));

/** What happened within the span, by time. */
export function SpanEvents({ span, zone }: { span: SpanDetail; zone: string }): ReactNode {
  if (span.events.length === 0 && span.links.length === 0)
    return <p className="pad muted">No events were sent with this span.</p>;
  return (
    <>
      {span.events.map((event, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: events of a span never move.
        <details key={i} className="span-event" open={event.name === "exception"}>
          <summary>
            {event.name === "exception" ? (
              <Glyph status="crit" label="" />
            ) : (
              <Glyph status="note" label="" />
            )}
            <span className="m trunc">{event.name}</span>
            <span className="faint s nowrap">{clockSeconds(event.ts_ms, zone)}</span>
          </summary>
          <Attributes label={event.name} rows={rowsOf(event.attributes)} />
        </details>
      ))}
    </>
  );
}

/** Spans of this or other traces that it names. */
export function SpanLinks({ span }: { span: SpanDetail }): ReactNode {
  if (span.links.length === 0) return null;
  return (
    <ul className="span-links" aria-label="Linked spans">
      {span.links.map((link) => (
        <li key={`${link.trace_id} ${link.span_id}`} className="row">
          <PageLink
            to={`traces/${link.trace_id}`}
            search={link.span_id ? { span: link.span_id } : {}}
            className="link mono"
          >
            {link.trace_id.slice(0, 8)}
          </PageLink>
          <span className="faint s">
            {link.trace_id === span.trace_id ? "in this trace" : "another trace"}
          </span>
        </li>
      ))}
    </ul>
  );
}

interface SpanLogsProps {
  logs: Loaded<readonly LogLine[]>;
  span: SpanDetail;
  trace: Trace;
  zone: string;
}

/** The lines that were written in the span; else those of its trace. */
export function SpanLogs({ logs, span, trace, zone }: SpanLogsProps): ReactNode {
  return (
    <Async
      value={logs}
      minHeight={160}
      empty={<p className="pad muted">No log line carries this trace's id.</p>}
    >
      {(lines) => {
        const own = lines.filter((line) => line.span_id === span.span_id);
        const shown = own.length > 0 ? own : lines;
        return (
          <>
            <p className="pad faint s">
              {own.length > 0
                ? "Written in this span"
                : "None in this span; these are of the trace"}
              .{" "}
              <PageLink
                to="logs"
                search={{ q: `trace:${trace.trace_id}`, ...around(trace) }}
                className="link"
              >
                Open in Logs
              </PageLink>
            </p>
            <ol className="span-logs">
              {shown.map((line) => (
                <li key={line.id}>
                  <SeverityGlyph severity={line.severity} />
                  <span className="mono faint nowrap">{clockSeconds(line.ts_ms, zone)}</span>
                  <span className="mono body">{line.body}</span>
                </li>
              ))}
            </ol>
          </>
        );
      }}
    </Async>
  );
}

/** Error events that were raised in the span. */
const AROUND_MS = 300_000;

export function SpanErrors({ span, zone }: { span: SpanDetail; zone: string }): ReactNode {
  if (span.errors.length === 0) return <p className="pad muted">No error event names this span.</p>;
  return (
    <ul className="span-errors">
      {span.errors.map((error) => (
        <li key={error.event_id}>
          <Glyph status={error.level === "warning" ? "warn" : "crit"} label={error.level} />
          <span className="grow">
            <PageLink
              to="errors"
              search={{
                tab: "all",
                q: `id:${error.event_id}`,
                from: iso(error.ts_ms - AROUND_MS),
                to: iso(error.ts_ms + AROUND_MS),
              }}
              className="link m"
            >
              {error.type || error.level}
            </PageLink>
            <span className="muted s value">{error.value}</span>
          </span>
          <span className="faint s nowrap">{clockSeconds(error.ts_ms, zone)}</span>
        </li>
      ))}
    </ul>
  );
}
