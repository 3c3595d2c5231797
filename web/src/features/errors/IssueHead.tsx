import type { ReactNode } from "react";
import type { IssueChange } from "@/api/issue-acts";
import type { IssueDetail } from "@/api/issues";
import { useTestError } from "@/api/projects";
import { toFailure } from "@/api/queries";
import type { Scope } from "@/api/scope";
import { moment } from "@/lib/time";
import { coarse, count } from "@/lib/units";
import { Button } from "@/ui/controls";
import { Glyph } from "@/ui/Glyph";
import { Icon } from "@/ui/Icon";
import { MenuItem, Popover } from "@/ui/Menu";
import { Tag } from "@/ui/Panel";
import { toast } from "@/ui/Toasts";
import { AssignMenu, IgnoreMenu, ResolveMenu, SeverityMenu } from "./ActMenus";

interface IssueHeadProps {
  issue: IssueDetail;
  scope: Scope;
  assignSignal: number;
  severitySignal: number;
  onChange: (change: IssueChange) => void;
}

/** Title, where, chips of state, and what can be done. */
export function IssueHead(props: IssueHeadProps): ReactNode {
  const { issue, scope } = props;
  return (
    <section className="issue-head" aria-label="Issue">
      <div>
        <h2>{issue.title}</h2>
        <p className="muted s">
          {issue.culprit ? <span className="mono">{issue.culprit}</span> : issue.type}
        </p>
      </div>
      <Actions {...props} />
      <div className="chips">
        <SeverityMenu
          scope={scope}
          current={issue.severity}
          buttonClass={`tag severity-tag ${TONES[issue.severity]}`}
          openSignal={props.severitySignal}
          onChange={props.onChange}
        />
        {issue.is_regressed ? (
          <Tag tone="warn">
            <Glyph status="warn" label="" />
            Regressed{issue.release ? ` in ${issue.release}` : ""}
          </Tag>
        ) : null}
        {issue.is_escalating ? (
          <Tag tone="warn">
            <Glyph status="warn" label="" />
            Escalating
          </Tag>
        ) : null}
        {issue.is_new ? <Tag tone="info">New in the range</Tag> : null}
        <StatusTag issue={issue} zone={scope.zone} />
        <Tag>{issue.is_handled ? "Handled" : "Unhandled"}</Tag>
        {issue.environment ? <Tag>{issue.environment}</Tag> : null}
        {issue.merged > 0 ? (
          <Tag>
            {count(issue.merged)} merged {issue.merged === 1 ? "issue" : "issues"}
          </Tag>
        ) : null}
      </div>
    </section>
  );
}

const TONES: Record<IssueDetail["severity"], string> = {
  critical: "crit",
  high: "warn",
  medium: "",
  low: "",
};

function StatusTag({ issue, zone }: { issue: IssueDetail; zone: string }): ReactNode {
  if (issue.status === "resolved")
    return (
      <Tag tone="ok">
        <Glyph status="ok" label="" />
        Resolved{resolvedIn(issue)}
      </Tag>
    );
  if (issue.status === "ignored")
    return (
      <Tag>
        <Glyph status="paused" label="" />
        Ignored{ignoredUntil(issue, zone)}
      </Tag>
    );
  return null;
}

/** " in the release after shop@1.2", " in a41c9e2"; nothing where it was simply resolved. */
export function resolvedIn({ resolution }: Pick<IssueDetail, "resolution">): string {
  if (resolution === null) return "";
  if (resolution.kind === "next_release")
    return resolution.release
      ? ` in the release after ${resolution.release}`
      : " in the next release";
  if (resolution.kind === "release") return ` in ${resolution.release}`;
  return resolution.kind === "commit" ? ` in ${resolution.commit.slice(0, 12)}` : "";
}

/** " until 12 of 100 events", " until 21 Nov 10:00"; nothing where it is for ever. */
export function ignoredUntil({ ignoring }: Pick<IssueDetail, "ignoring">, zone: string): string {
  if (ignoring === null) return "";
  if (ignoring.is_escalating) return " until it escalates";
  if (ignoring.until_ms !== null) return ` until ${moment(ignoring.until_ms, zone, Date.now())}`;
  const within = ignoring.window_ms === null ? "" : ` in ${coarse(ignoring.window_ms)}`;
  if (ignoring.events !== null)
    return `, ${count(ignoring.seen_events)} of ${count(ignoring.events)} events${within}`;
  return ignoring.users === null ? "" : ` until ${count(ignoring.users)} more users`;
}

function Actions({ issue, scope, assignSignal, onChange }: IssueHeadProps): ReactNode {
  const isResolved = issue.status === "resolved";
  const isIgnored = issue.status === "ignored";
  return (
    <div className="acts">
      <span className="split">
        <Button
          kind={isResolved ? "plain" : "primary"}
          onClick={() => onChange({ status: isResolved ? "unresolved" : "resolved" })}
        >
          {isResolved ? "Unresolve" : "Resolve"} <kbd className="only-l">R</kbd>
        </Button>
        <ResolveMenu scope={scope} onChange={onChange} isPrimary={!isResolved} />
      </span>
      {isIgnored ? (
        <Button onClick={() => onChange({ status: "unresolved" })}>
          Stop ignoring <kbd className="only-l">I</kbd>
        </Button>
      ) : (
        <IgnoreMenu scope={scope} onChange={onChange} align="end" />
      )}
      <AssignMenu
        scope={scope}
        onChange={onChange}
        current={issue.assignee}
        openSignal={assignSignal}
      />
      <More issue={issue} scope={scope} />
    </div>
  );
}

function More({ issue, scope }: Pick<IssueHeadProps, "issue" | "scope">): ReactNode {
  const test = useTestError(scope.project.id);
  const sendTest = (): void =>
    test.mutate(undefined, {
      onSuccess: () => toast("Test error sent; it shows in the list", { status: "ok" }),
      onError: (error) => toast(toFailure(error).message, { status: "crit" }),
    });
  const copy = (text: string): void =>
    void navigator.clipboard.writeText(text).then(
      () => toast("Copied"),
      () => toast("The browser did not allow copying", { status: "warn" }),
    );
  return (
    <Popover align="end" buttonClass="btn icon" label="More actions" button={<Icon name="more" />}>
      {(close) => (
        <>
          <MenuItem
            onChoose={() => {
              close();
              copy(location.origin + location.pathname);
            }}
          >
            Copy link
          </MenuItem>
          <MenuItem
            onChoose={() => {
              close();
              copy(issue.short_id);
            }}
          >
            Copy {issue.short_id}
          </MenuItem>
          <hr />
          <MenuItem
            onChoose={() => {
              close();
              sendTest();
            }}
          >
            Send a test error
          </MenuItem>
        </>
      )}
    </Popover>
  );
}
