import type { ReactNode } from "react";
import type { IssueEvent } from "@/api/issues";
import { iso } from "@/lib/time";
import { Icon, type IconName } from "@/ui/Icon";
import { PageLink } from "@/ui/PageLink";
import { Panel } from "@/ui/Panel";
import { plainText } from "./Hidden";

const AROUND_MS = 300_000;

/** What else is known of the moment of the event: its trace, the logs around it, its replay. */
export function SameMoment({ event }: { event: IssueEvent | null }): ReactNode {
  const around = event
    ? { from: iso(event.ts_ms - AROUND_MS), to: iso(event.ts_ms + AROUND_MS) }
    : {};
  const replay = replayOf(event);
  return (
    <Panel title="Same moment">
      <ul className="moment">
        <Way
          icon="trace"
          text="Trace"
          note={event?.trace_id.slice(0, 8) ?? ""}
          isKnown={event !== null}
        >
          {event?.trace_id ? { to: `traces/${event.trace_id}`, search: around } : null}
        </Way>
        <Way
          icon="logs"
          text={event?.trace_id ? "Logs of this trace" : "Logs around it"}
          note="± 5 min"
          isKnown={event !== null}
        >
          {event
            ? {
                to: "logs",
                search: { ...around, ...(event.trace_id ? { q: `trace:${event.trace_id}` } : {}) },
              }
            : null}
        </Way>
        {replay ? (
          <li>
            <Icon name="play" />
            <span className="grow">Replay</span>
            <span className="mono faint s trunc" title={replay}>
              {replay.slice(0, 8)}
            </span>
          </li>
        ) : null}
      </ul>
    </Panel>
  );
}

function Way({
  icon,
  text,
  note,
  isKnown,
  children,
}: {
  icon: IconName;
  text: string;
  note: string;
  /** The event is there, so that nothing means none. */
  isKnown: boolean;
  children: { to: string; search: Record<string, string> } | null;
}): ReactNode {
  return (
    <li>
      <Icon name={icon} />
      {children ? (
        <PageLink to={children.to} search={children.search} className="link grow">
          {text}
        </PageLink>
      ) : (
        <span className="grow muted">{text}</span>
      )}
      <span className="faint s">{children ? note : isKnown ? "none" : ""}</span>
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
