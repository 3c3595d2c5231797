import type { ReactNode } from "react";
import type { IssueEvent } from "@/api/issues";
import { aroundOf, useLineCount, useTraceGlance } from "@/api/same-moment";
import type { Scope } from "@/api/scope";
import { compact, duration } from "@/lib/units";
import { Icon, type IconName } from "@/ui/Icon";
import { PageLink } from "@/ui/PageLink";
import { Panel } from "@/ui/Panel";
import { plainText } from "./Hidden";

const NS_PER_MS = 1e6;

/** What else is known of the moment of the event: its trace, the logs around it, its replay. */
export function SameMoment({
  event,
  scope,
}: {
  event: IssueEvent | null;
  scope: Scope;
}): ReactNode {
  const replay = replayOf(event);
  return (
    <Panel title="Same moment">
      <ul className="moment">
        <TraceWay event={event} scope={scope} />
        <LinesWay event={event} scope={scope} />
        {replay ? (
          <li>
            <span className="moment-row">
              <Icon name="play" />
              <span className="grow">Replay</span>
              <span className="mono faint s trunc" title={replay}>
                {replay.slice(0, 8)}
              </span>
            </span>
          </li>
        ) : null}
      </ul>
    </Panel>
  );
}

interface WayProps {
  event: IssueEvent | null;
  scope: Scope;
}

function TraceWay({ event, scope }: WayProps): ReactNode {
  const id = event?.trace_id ?? "";
  const glance = useTraceGlance(scope.project.id, id, event?.ts_ms ?? 0);
  if (event === null) return <Way icon="trace" text="Trace" note="" />;
  if (id === "") return <Way icon="trace" text="Trace" note="none" />;
  const found = glance.state === "ready" ? glance.data : null;
  return (
    <Way
      icon="trace"
      text={
        <>
          Trace <span className="mono">{id.slice(0, 8)}</span>{" "}
          <span className="faint s">{found?.services.join(" → ")}</span>
        </>
      }
      title={found === null ? id : `${id}: ${found.services.join(" → ")}`}
      note={
        found === null
          ? glance.state === "empty"
            ? "not stored"
            : ""
          : duration(found.durationNs / NS_PER_MS)
      }
      to={`traces/${id}`}
      search={{
        ...aroundOf(event.ts_ms),
        ...(event.span_id && found !== null ? { span: event.span_id } : {}),
      }}
    />
  );
}

function LinesWay({ event, scope }: WayProps): ReactNode {
  const id = event?.trace_id ?? "";
  const lines = useLineCount(scope.project.id, id, event?.ts_ms ?? 0);
  if (event === null) return <Way icon="logs" text="Logs" note="" />;
  return (
    <Way
      icon="logs"
      text={id ? "Logs of this trace" : "Logs of the 10 minutes around it"}
      note={lines.state === "ready" ? linesText(lines.data) : ""}
      to="logs"
      search={{ ...aroundOf(event.ts_ms), ...(id ? { q: `trace:${id}` } : {}) }}
    />
  );
}

const linesText = (lines: number): string =>
  lines === 0 ? "none" : `${compact(lines)} ${lines === 1 ? "line" : "lines"}`;

function Way({
  icon,
  text,
  note,
  title,
  to,
  search,
}: {
  icon: IconName;
  text: ReactNode;
  note: string;
  title?: string;
  to?: string;
  search?: Record<string, string>;
}): ReactNode {
  const cells = (
    <>
      <Icon name={icon} />
      <span className="grow trunc" title={title}>
        {text}
      </span>
      <span className="faint nowrap num">{note}</span>
    </>
  );
  return (
    <li>
      {to === undefined ? (
        <span className="moment-row muted">{cells}</span>
      ) : (
        <PageLink to={to} search={search ?? {}} className="moment-row">
          {cells}
        </PageLink>
      )}
    </li>
  );
}

/** The id of the session's recording, wherever the SDK put it. */
export function replayOf(event: IssueEvent | null): string | null {
  if (event === null) return null;
  const found = event.tags.replayId ?? event.tags.replay_id;
  if (found) return found;
  const context = event.contexts.replay;
  if (typeof context === "object" && context !== null && "replay_id" in context)
    return plainText(context.replay_id);
  return null;
}
