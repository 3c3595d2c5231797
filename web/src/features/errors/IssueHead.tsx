import type { ReactNode } from "react";
import type { IssueChange, IssueDetail } from "@/api/issues";
import { useTestError } from "@/api/projects";
import { toFailure } from "@/api/queries";
import type { Scope } from "@/api/scope";
import { useMembers } from "@/api/settings";
import { Button } from "@/ui/controls";
import { Glyph, SeverityBars } from "@/ui/Glyph";
import { Icon } from "@/ui/Icon";
import { MenuItem, Popover } from "@/ui/Menu";
import { Avatar, Tag, type Tone } from "@/ui/Panel";
import { toast } from "@/ui/Toasts";
import { SEVERITIES } from "./views";

interface IssueHeadProps {
  issue: IssueDetail;
  scope: Scope;
  onChange: (change: IssueChange) => void;
}

const SEVERITY_TONE: Record<IssueDetail["severity"], Tone> = {
  critical: "crit",
  high: "warn",
  medium: "plain",
  low: "plain",
};

/** Title, where, chips of state, and what can be done. */
export function IssueHead({ issue, scope, onChange }: IssueHeadProps): ReactNode {
  return (
    <section className="issue-head" aria-label="Issue">
      <div>
        <h2>{issue.title}</h2>
        <p className="muted s">
          {issue.culprit ? <span className="mono">{issue.culprit}</span> : issue.type}
        </p>
      </div>
      <Actions issue={issue} scope={scope} onChange={onChange} />
      <p className="chips">
        <Tag tone={SEVERITY_TONE[issue.severity]}>
          <SeverityBars severity={issue.severity} silent />
          <span className="cap">{issue.severity}</span>
        </Tag>
        {issue.is_regressed ? (
          <Tag tone="warn">
            <Glyph status="warn" label="" />
            Regressed{issue.release ? ` in ${issue.release}` : ""}
          </Tag>
        ) : null}
        {issue.status === "resolved" ? (
          <Tag tone="ok">
            <Glyph status="ok" label="" />
            Resolved
          </Tag>
        ) : null}
        {issue.status === "ignored" ? (
          <Tag>
            <Glyph status="paused" label="" />
            Ignored
          </Tag>
        ) : null}
        <Tag>{issue.is_handled ? "Handled" : "Unhandled"}</Tag>
        {issue.environment ? <Tag>{issue.environment}</Tag> : null}
      </p>
    </section>
  );
}

function Actions({ issue, scope, onChange }: IssueHeadProps): ReactNode {
  const isResolved = issue.status === "resolved";
  const isIgnored = issue.status === "ignored";
  return (
    <div className="acts">
      <Button
        kind={isResolved ? "plain" : "primary"}
        onClick={() => onChange({ status: isResolved ? "unresolved" : "resolved" })}
      >
        {isResolved ? "Unresolve" : "Resolve"} <kbd className="only-l">R</kbd>
      </Button>
      <Button onClick={() => onChange({ status: isIgnored ? "unresolved" : "ignored" })}>
        {isIgnored ? "Stop ignoring" : "Ignore"} <kbd className="only-l">I</kbd>
      </Button>
      <Assign issue={issue} scope={scope} onChange={onChange} />
      <More issue={issue} scope={scope} onChange={onChange} />
    </div>
  );
}

function Assign({ issue, scope, onChange }: IssueHeadProps): ReactNode {
  const members = useMembers(scope.org.slug);
  const all = members.state === "ready" ? members.data.filter((one) => !one.is_disabled) : [];
  const current = all.find((one) => one.email === issue.assignee);
  const name = current?.name.split(" ")[0] ?? issue.assignee?.replace(/@.*/, "");
  return (
    <Popover
      align="end"
      buttonClass="btn"
      button={
        <>
          {name ? <Avatar name={current?.name ?? name} /> : null}
          <span className="trunc">{name ?? "Assign"}</span> <Icon name="down" small />
        </>
      }
    >
      {(close) => {
        const choose = (email: string): void => {
          close();
          onChange({ assignee_email: email });
        };
        return (
          <>
            {all.map((one) => (
              <MenuItem
                key={one.email}
                chosen={one.email === issue.assignee}
                onChoose={() => choose(one.email)}
              >
                <Avatar name={one.name || one.email} />
                {one.name || one.email}
              </MenuItem>
            ))}
            <MenuItem chosen={issue.assignee === null} onChoose={() => choose("")}>
              Nobody
            </MenuItem>
          </>
        );
      }}
    </Popover>
  );
}

function More({ issue, scope, onChange }: IssueHeadProps): ReactNode {
  const test = useTestError(scope.project.id);
  const sendTest = (): void =>
    test.mutate(undefined, {
      onSuccess: () => toast("Test error sent; it shows in the list", { status: "ok" }),
      onError: (error) => toast(toFailure(error).message, { status: "crit" }),
    });
  return (
    <Popover align="end" buttonClass="btn icon" label="More actions" button={<Icon name="more" />}>
      {(close) => (
        <>
          {SEVERITIES.map((severity) => (
            <MenuItem
              key={severity}
              chosen={severity === issue.severity}
              onChoose={() => {
                close();
                onChange({ severity });
              }}
            >
              <SeverityBars severity={severity} silent />
              Severity {severity}
            </MenuItem>
          ))}
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
