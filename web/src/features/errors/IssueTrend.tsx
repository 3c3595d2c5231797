import type { ReactNode } from "react";
import type { IssueDetail } from "@/api/issues";
import type { Deploy } from "@/api/releases";
import { type Scope, spanNow, useSetRange } from "@/api/scope";
import { deployMarks } from "@/charts/deploy-marks";
import { TimeChart } from "@/charts/TimeChart";
import { rangeLabel } from "@/lib/time";
import { coarse, compact } from "@/lib/units";

const HEIGHT = 94;

/** Events and users of the range, and events over time. */
export function IssueTrend({
  issue,
  scope,
  deploys,
}: {
  issue: IssueDetail;
  scope: Scope;
  deploys: readonly Deploy[];
}): ReactNode {
  const setRange = useSetRange();
  const { stats } = issue;
  const stepMs = (stats.times_ms[1] ?? 0) - (stats.times_ms[0] ?? 0);
  const range = rangeLabel(scope.range, Date.now(), scope.zone).lead.replace(/^Last /, "");
  const most = Math.max(0, ...stats.events);
  return (
    <section className="panel open issue-trend" aria-label="Events over time">
      <div className="st">
        <span className="faint s">Events, {range}</span>
        <b>{compact(issue.events)}</b>
        <span className="muted s">{compact(issue.total_events)} in all</span>
      </div>
      <div className="st">
        <span className="faint s">Users, {range}</span>
        <b>{compact(issue.users)}</b>
        <span className="muted s">
          {most > 0 && stepMs > 0 ? `peak ${compact(most)} events` : "–"}
        </span>
      </div>
      <div className="cw">
        <span className="cap faint">Events{stepMs > 0 ? ` per ${coarse(stepMs)}` : ""}</span>
        <TimeChart
          title={`Events of ${issue.short_id}`}
          unit=""
          timesMs={stats.times_ms}
          series={[{ label: "events", values: stats.events }]}
          span={spanNow(scope.range)}
          zone={scope.zone}
          height={HEIGHT}
          kind="bars"
          onZoom={setRange}
          marks={deployMarks(deploys)}
        />
      </div>
    </section>
  );
}
