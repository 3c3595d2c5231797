import { type ReactNode, useState } from "react";
import {
  type Feedback,
  type FeedbackPage as Page,
  useFeedback,
  useFeedbackEver,
  useIssueFeedback,
} from "@/api/feedback";
import type { IssueDetail } from "@/api/issues";
import { useSetup } from "@/api/projects";
import { type Scope, useScope } from "@/api/scope";
import type { Loaded } from "@/lib/loaded";
import { rangeLabel } from "@/lib/time";
import { count } from "@/lib/units";
import { Ago } from "@/ui/Ago";
import { Async, SkeletonRows } from "@/ui/Async";
import { Button } from "@/ui/controls";
import { PageLink } from "@/ui/PageLink";
import { Avatar, Panel, Tag } from "@/ui/Panel";
import { Snippet } from "@/ui/Snippet";
import { TextFilter } from "@/ui/TextFilter";
import { useDefer } from "@/ui/useDefer";
import { ErrorTabs } from "./ErrorTabs";
import "./errors.css";
import "./feedback.css";

const TYPING_MS = 200;

/** What people write about the product: who, when, and the error that it is about. */
export function FeedbackPage(): ReactNode {
  const scope = useScope();
  const [text, setText] = useState("");
  const q = useDefer(text.trim(), TYPING_MS);
  const [cursors, setCursors] = useState<readonly string[]>([]);
  const { value, refreshing } = useFeedback(scope, q, cursors.at(-1) ?? "");
  return (
    <div className="page errors">
      <ErrorTabs current="feedback" />
      <section className="panel open" aria-label="Feedback">
        {refreshing ? <div className="progress" /> : null}
        <TextFilter
          label="Find feedback"
          placeholder="Part of the message, name or address"
          text={text}
          onText={(typed) => {
            setText(typed);
            setCursors([]);
          }}
        >
          <span className="faint s" aria-live="polite">
            {value.state === "ready" ? `${count(value.data.total)} in the range` : ""}
          </span>
        </TextFilter>
        <List
          value={value}
          zone={scope.zone}
          cursors={cursors}
          onMove={setCursors}
          empty={<Nothing scope={scope} isNarrow={isNarrow(scope, q)} />}
        />
      </section>
    </div>
  );
}

const isNarrow = ({ environment, release }: Scope, q: string): boolean =>
  q !== "" || environment !== null || release !== null;

/** What people wrote about one issue. */
export function IssueFeedback({ issue, scope }: { issue: IssueDetail; scope: Scope }): ReactNode {
  const [cursors, setCursors] = useState<readonly string[]>([]);
  const { value, refreshing } = useIssueFeedback(
    scope.project.id,
    issue.short_id,
    cursors.at(-1) ?? "",
  );
  return (
    <section className="panel open" aria-label="Feedback about this issue">
      {refreshing ? <div className="progress" /> : null}
      <List
        value={value}
        zone={scope.zone}
        cursors={cursors}
        onMove={setCursors}
        isOfIssue
        empty={
          <div className="pad stack tight">
            <p className="muted">
              Nobody wrote about this issue in the 90 days that feedback is kept. Ask in your page:
            </p>
            <Lines />
          </div>
        }
      />
    </section>
  );
}

interface ListProps {
  value: Loaded<Page>;
  zone: string;
  cursors: readonly string[];
  onMove: (cursors: readonly string[]) => void;
  empty: ReactNode;
  isOfIssue?: boolean;
}

function List({ value, zone, cursors, onMove, empty, isOfIssue = false }: ListProps): ReactNode {
  return (
    <Async
      value={value}
      empty={null}
      minHeight={280}
      skeleton={<SkeletonRows rows={6} height={64} />}
    >
      {({ feedback, next_cursor }) =>
        feedback.length === 0 ? (
          empty
        ) : (
          <>
            <ul className="written">
              {feedback.map((one) => (
                <Written key={one.feedback_id} one={one} zone={zone} isOfIssue={isOfIssue} />
              ))}
            </ul>
            {cursors.length > 0 || next_cursor !== null ? (
              <p className="issue-more row">
                <Button
                  reason={cursors.length === 0 ? "These are the newest" : undefined}
                  onClick={() => onMove(cursors.slice(0, -1))}
                >
                  Newer
                </Button>
                <Button
                  reason={next_cursor === null ? "There are no older ones" : undefined}
                  onClick={() =>
                    next_cursor === null ? undefined : onMove([...cursors, next_cursor])
                  }
                >
                  Older
                </Button>
              </p>
            ) : null}
          </>
        )
      }
    </Async>
  );
}

const SCRUBBED = "[Filtered]";
const kept = (text: string): string => (text.includes(SCRUBBED) ? "" : text);

/** Who wrote: the name, else the address, else what tells the person apart. */
export const writer = ({ name, email, user_key }: Feedback): string =>
  kept(name) || kept(email) || user_key.replace(/^\w+:/, "") || "Somebody";

function Written({
  one,
  zone,
  isOfIssue,
}: {
  one: Feedback;
  zone: string;
  isOfIssue: boolean;
}): ReactNode {
  return (
    <li>
      <Avatar name={writer(one)} />
      <div className="said">
        <p className="row wrap">
          <b className="m">{writer(one)}</b>
          {kept(one.name) && kept(one.email) ? (
            <span className="muted trunc">{one.email}</span>
          ) : null}
          <span className="faint s">
            <Ago atMs={one.ts_ms} zone={zone} />
          </span>
          {one.environment ? <Tag>{one.environment}</Tag> : null}
          {one.release ? <Tag>{one.release}</Tag> : null}
        </p>
        <p className="message">{one.message}</p>
        <p className="row wrap s">
          <About one={one} isOfIssue={isOfIssue} />
          {one.trace_id ? (
            <PageLink to={`traces/${one.trace_id}`} className="link">
              Trace
            </PageLink>
          ) : null}
          {one.replay_id ? (
            <span className="muted" title={one.replay_id}>
              Replay <span className="mono">{one.replay_id.slice(0, 8)}</span>
            </span>
          ) : null}
          {one.url ? (
            <span className="mono faint trunc" title={one.url}>
              {one.url}
            </span>
          ) : null}
        </p>
      </div>
    </li>
  );
}

function About({ one, isOfIssue }: { one: Feedback; isOfIssue: boolean }): ReactNode {
  if (one.short_id === "")
    return one.event_id ? (
      <span className="faint">its error is not stored, or no longer</span>
    ) : null;
  return (
    <PageLink
      to={`errors/${one.short_id}`}
      search={{ event: one.event_id }}
      className="link trunc"
      title={one.title}
    >
      {isOfIssue ? "The event" : null}
      {isOfIssue ? null : <span className="mono">{one.short_id}</span>}
      {isOfIssue ? null : ` ${one.title}`}
    </PageLink>
  );
}

/** Why there is no row: nobody ever wrote, nobody in the range, or the filters hide it. */
function Nothing({ scope, isNarrow }: { scope: Scope; isNarrow: boolean }): ReactNode {
  const ever = useFeedbackEver(scope.project.id, true);
  const { lead } = rangeLabel(scope.range, Date.now(), scope.zone);
  return (
    <Async value={ever} empty={null} minHeight={220}>
      {({ total, feedback }) =>
        total === 0 ? (
          <Panel title="Hear from the people who use it">
            <div className="pad stack tight">
              <p className="muted">
                Nobody wrote yet. Sentry’s feedback widget, or one call, sends it here:
              </p>
              <FirstLines scope={scope} />
            </div>
          </Panel>
        ) : (
          <div className="state">
            <p>
              {isNarrow ? "No feedback matches the filters" : "No feedback"}: {lead}.
              {feedback[0] ? (
                <>
                  {" "}
                  The last came <Ago atMs={feedback[0].ts_ms} zone={scope.zone} />.
                </>
              ) : null}
            </p>
          </div>
        )
      }
    </Async>
  );
}

function FirstLines({ scope }: { scope: Scope }): ReactNode {
  const setup = useSetup(scope.project.id);
  return (
    <Async value={setup} empty={null} minHeight={140}>
      {(data) => <Lines dsn={data.addresses.sentry_dsn} />}
    </Async>
  );
}

const CALL = `Sentry.captureFeedback({
  message: "The basket is empty",
  name: "Ada",
  associatedEventId: Sentry.lastEventId(),
});`;

function Lines({ dsn }: { dsn?: string }): ReactNode {
  const init = dsn
    ? `Sentry.init({\n  dsn: "${dsn}",\n  integrations: [Sentry.feedbackIntegration()],\n});\n\n// or without the widget:\n`
    : "";
  return <Snippet label="Lines for the browser" text={init + CALL} />;
}
