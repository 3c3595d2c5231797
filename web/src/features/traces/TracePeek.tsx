import { type ReactNode, useCallback, useMemo } from "react";
import type { Scope } from "@/api/scope";
import { type Trace, useTrace } from "@/api/traces";
import { type Draw, useCanvas } from "@/charts/useCanvas";
import { compact, duration, percent } from "@/lib/units";
import { Async, SkeletonRows } from "@/ui/Async";
import { Glyph } from "@/ui/Glyph";
import { Icon } from "@/ui/Icon";
import { PageLink } from "@/ui/PageLink";
import { Peek } from "@/ui/Peek";
import { serviceColors, toMs } from "./colors";
import { drawSpans } from "./draw-spans";
import { type Drawing, drawingOf } from "./drawing";
import { statistics } from "./statistics";
import { around, TraceFacts } from "./TraceHead";
import "./trace.css";

interface TracePeekProps {
  scope: Scope;
  traceId: string;
  onMove: (by: 1 | -1) => void;
  onClose: () => void;
}

/** A trace beside the list: what it was, where its time went, what failed in it. */
export function TracePeek({ scope, traceId, onMove, onClose }: TracePeekProps): ReactNode {
  const value = useTrace(scope.project.id, traceId, true);
  return (
    <Peek
      label={`Trace ${traceId.slice(0, 8)}`}
      page={{ to: `traces/${traceId}` }}
      onMove={onMove}
      onClose={onClose}
    >
      <Async value={value} empty={null} minHeight={420} skeleton={<SkeletonRows rows={14} />}>
        {(trace) => <Looked key={trace.trace_id} trace={trace} scope={scope} />}
      </Async>
    </Peek>
  );
}

function Looked({ trace, scope }: { trace: Trace; scope: Scope }): ReactNode {
  const colors = useMemo(() => serviceColors(trace.services.map((one) => one.name)), [trace]);
  const drawing = useMemo(() => drawingOf(trace, colors), [trace, colors]);
  return (
    <>
      <div className="peek-top">
        <h3 className="row">
          {trace.status === "error" ? <Glyph status="crit" label="failed" /> : null}
          {trace.name || "Trace"}
        </h3>
        <TraceFacts trace={trace} scope={scope} />
      </div>
      <Picture drawing={drawing} />
      <Ways trace={trace} />
      <Slowest drawing={drawing} colors={colors} />
      <Failed drawing={drawing} />
    </>
  );
}

/** Of a line and of the whole picture (CSS px). */
const LINE = 4;
const MOST_TALL = 120;

/** All spans at a glance: each a line on the trace's own time. */
function Picture({ drawing }: { drawing: Drawing }): ReactNode {
  const draw = useCallback<Draw>((ctx, size) => drawSpans(ctx, size, drawing), [drawing]);
  const { ref } = useCanvas(draw);
  return (
    <div className="peek-picture">
      <canvas
        ref={ref}
        style={{ height: Math.min(MOST_TALL, drawing.size * LINE + LINE) }}
        role="img"
        aria-label={`${compact(drawing.trace.total_spans)} spans over ${duration(toMs(drawing.trace.duration_ns))}`}
      />
      <p className="row xs faint" aria-hidden="true">
        0 ms <span className="grow" /> {duration(toMs(drawing.trace.duration_ns))}
      </p>
    </div>
  );
}

function Ways({ trace }: { trace: Trace }): ReactNode {
  const events = trace.error_events;
  if (trace.log_lines === 0 && events === 0) return null;
  return (
    <div className="peek-ways">
      {trace.log_lines > 0 ? (
        <PageLink
          to="logs"
          search={{ q: `trace:${trace.trace_id}`, ...around(trace) }}
          className="btn sm"
        >
          <Icon name="logs" small /> {compact(trace.log_lines)}{" "}
          {trace.log_lines === 1 ? "log line" : "log lines"}
        </PageLink>
      ) : null}
      {events > 0 ? (
        <PageLink
          to="errors"
          search={{ q: `trace:${trace.trace_id}`, tab: "all", ...around(trace) }}
          className="btn sm"
        >
          <Icon name="error" small /> {compact(events)} {events === 1 ? "error" : "errors"}
        </PageLink>
      ) : null}
    </div>
  );
}

const MOST = 8;

/** Where the time went: names by the time that they took themselves. */
function Slowest({
  drawing,
  colors,
}: {
  drawing: Drawing;
  colors: ReadonlyMap<string, string>;
}): ReactNode {
  const rows = useMemo(() => statistics(drawing.trace, "name").slice(0, MOST), [drawing]);
  return (
    <section className="peek-part">
      <h3>Self time</h3>
      <ul className="peek-shares">
        {rows.map((one) => (
          <li key={one.key}>
            <i
              className="swatch"
              style={{ background: `var(--${colors.get(one.service) ?? "prev"})` }}
              aria-hidden="true"
            />
            <span className="trunc" title={`${one.service} · ${one.key}`}>
              {one.key || "unnamed"}
              {one.spans > 1 ? <span className="faint s"> × {compact(one.spans)}</span> : null}
            </span>
            <span className="num">{duration(toMs(one.selfNs))}</span>
            <span className="num faint s">{percent(one.selfRatio)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Failed({ drawing }: { drawing: Drawing }): ReactNode {
  const { rows, size, trace } = drawing;
  const failed: number[] = [];
  for (let row = 0; row < size && failed.length <= MOST; row += 1)
    if (drawing.isFailed(row)) failed.push(row);
  if (failed.length === 0) return null;
  return (
    <section className="peek-part">
      <h3>Failed spans{failed.length > MOST ? `, the first ${MOST}` : ""}</h3>
      <ul className="peek-shares failed">
        {failed.slice(0, MOST).map((row) => (
          <li key={row}>
            <Glyph status="crit" label="" />
            <PageLink
              to={`traces/${trace.trace_id}`}
              search={{ span: rows.span_id[row] ?? "" }}
              className="link trunc"
            >
              {drawing.name(row)}
            </PageLink>
            <span className="faint s trunc">{drawing.service(row)}</span>
            <span className="num">{duration(toMs(rows.duration_ns[row] ?? 0))}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
