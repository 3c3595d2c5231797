import type { ReactNode } from "react";
import type { Alert, Rule, RuleFiles } from "@/api/alerts";
import { type Scope, useSearchState } from "@/api/scope";
import type { Loaded } from "@/lib/loaded";
import { count } from "@/lib/units";
import { Ago } from "@/ui/Ago";
import { Async, SkeletonRows } from "@/ui/Async";
import { Button } from "@/ui/controls";
import { Glyph } from "@/ui/Glyph";
import { PageLink } from "@/ui/PageLink";
import { Tag } from "@/ui/Panel";
import { type RowFacts, rowMenu } from "@/ui/row-menu";
import {
  type AlertGroup,
  groupsOf,
  labelText,
  limitOf,
  ruleNamed,
  rulesIn,
  statusOfAlert,
  valueText,
} from "./reading";

interface FiringProps {
  scope: Scope;
  alerts: Loaded<Alert[]>;
  rules: Loaded<RuleFiles>;
}

/** Pending and firing alerts by rule: value against limit, since when. */
export function Firing({ scope, alerts, rules }: FiringProps): ReactNode {
  const files = rules.state === "ready" ? rules.data.files : [];
  return (
    <Async
      value={alerts}
      empty={null}
      minHeight={240}
      skeleton={
        <section className="panel">
          <SkeletonRows rows={6} height={44} />
        </section>
      }
    >
      {(all) =>
        all.length === 0 ? (
          <Nothing rules={rules} />
        ) : (
          groupsOf(all).map((group) => (
            <Group
              key={group.rule}
              group={group}
              rule={ruleNamed(files, group.rule)}
              scope={scope}
            />
          ))
        )
      }
    </Async>
  );
}

function Nothing({ rules }: { rules: Loaded<RuleFiles> }): ReactNode {
  const [, change] = useSearchState();
  if (rules.state === "ready" && rules.data.files.length === 0)
    return (
      <section className="panel">
        <div className="state">
          <p>No rule watches anything yet.</p>
          <Button kind="primary" onClick={() => change({ tab: "rules", sel: "new" })}>
            Write the first rule
          </Button>
        </div>
      </section>
    );
  return (
    <section className="panel">
      <div className="state">
        <p className="row">
          <Glyph status="ok" label="" />
          Nothing fires.
          {rules.state === "ready" ? (
            <span className="muted">{count(rulesIn(rules.data.files))} rules are evaluated.</span>
          ) : null}
        </p>
        <Button onClick={() => change({ tab: "history" })}>What fired before</Button>
      </div>
    </section>
  );
}

interface GroupProps {
  group: AlertGroup;
  rule: Rule | undefined;
  scope: Scope;
}

function Group({ group, rule, scope }: GroupProps): ReactNode {
  const [first] = group.alerts;
  const limit = rule ? limitOf(rule.expr) : null;
  if (first === undefined) return null;
  return (
    <section className="panel" aria-label={group.rule}>
      <div className="ph">
        <Glyph status={statusOfAlert(first)} label={first.state} />
        <h2 className="trunc">{group.rule}</h2>
        {first.severity ? (
          <Tag tone={first.severity === "critical" ? "crit" : "plain"}>{first.severity}</Tag>
        ) : null}
        <span className="faint s nowrap only-l">
          {group.alerts.length === 1 ? "" : `${group.alerts.length} alerts`}
        </span>
        <span className="row more">
          {rule ? (
            <PageLink to="explore" search={{ "p0.expr": rule.expr }} className="link">
              Explore
            </PageLink>
          ) : null}
          <Runbook url={first.annotations.runbook_url} />
        </span>
      </div>
      {rule ? <p className="alert-expr mono faint trunc">{rule.expr}</p> : null}
      <ul className="alert-rows">
        {group.alerts.map((alert) => (
          <li key={alert.fingerprint} {...rowMenu(() => factsOf(alert, rule))}>
            <Glyph status={statusOfAlert(alert)} label={alert.state} />
            <span className="alert-what">
              <span className="m trunc">
                {alert.annotations.summary || labelText(alert.labels) || alert.rule}
              </span>
              {alert.annotations.summary ? (
                <span className="faint s trunc">{labelText(alert.labels)}</span>
              ) : null}
            </span>
            <span className={alert.state === "firing" ? "num m" : "num muted"}>
              {valueText(alert.value, limit)}
            </span>
            <span className="num muted s">
              {alert.state}{" "}
              <Ago atMs={alert.fired_ms ?? alert.active_ms} zone={scope.zone} kind="for" />
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** What the menu of an alert offers. */
const factsOf = (alert: Alert, rule: Rule | undefined): RowFacts => ({
  name: alert.rule,
  ...(rule ? { page: { to: "explore", search: { "p0.expr": rule.expr } } } : {}),
  copies: [
    { label: "labels", text: JSON.stringify(alert.labels) },
    ...(rule ? [{ label: "expression", text: rule.expr }] : []),
  ],
});

/** Only web addresses are linked: annotations are text of others. */
function Runbook({ url }: { url: string | undefined }): ReactNode {
  if (!url || !/^https?:\/\//.test(url)) return null;
  return (
    <a className="link" href={url} target="_blank" rel="noreferrer">
      Runbook
    </a>
  );
}
