import type { ReactNode } from "react";
import type { IssueDetail } from "@/api/issues";
import type { Deploy } from "@/api/releases";
import { type Scope, spanNow, useSetRange } from "@/api/scope";
import { coarser, mostBars } from "@/charts/bars";
import { deployMarks } from "@/charts/deploy-marks";
import { TimeChart } from "@/charts/TimeChart";
import { rangeLabel } from "@/lib/time";
import { compact, perStep, rate, significant } from "@/lib/units";
import { useOpenRelease } from "./open-release";

const HEIGHT = 82;

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
  const openRelease = useOpenRelease(scope);
  const setRange = useSetRange();
  const { timesMs, columns } = coarser(issue.stats.times_ms, [issue.stats.events], mostBars());
  const [events = []] = columns;
  const stepMs = (timesMs[1] ?? 0) - (timesMs[0] ?? 0);
  const range = rangeLabel(scope.range, Date.now(), scope.zone).lead.replace(/^Last /, "");
  const peak = Math.max(0, ...events);
  return (
    <section className="panel open issue-trend" aria-label="Events over time">
      <div className="st">
        <span className="faint s">Events, {range}</span>
        <b>{compact(issue.events)}</b>
        <span className="muted s">
          {peak > 0 && stepMs > 0 ? `${rate((peak / stepMs) * 1000)} at peak` : "–"}
        </span>
      </div>
      <div className="st">
        <span className="faint s">Users, {range}</span>
        <b>{compact(issue.users)}</b>
        <span className="muted s">
          {issue.users > 0 ? `${significant(issue.events / issue.users)} events each` : "–"}
        </span>
      </div>
      <div className="cw">
        <span className="cap faint">Events {stepMs > 0 ? perStep(stepMs) : ""}</span>
        <TimeChart
          title={`Events of ${issue.short_id}`}
          unit=""
          timesMs={timesMs}
          series={[{ label: "events", values: events }]}
          span={spanNow(scope.range)}
          zone={scope.zone}
          height={HEIGHT}
          kind="bars"
          onZoom={setRange}
          marks={deployMarks(deploys, openRelease)}
        />
      </div>
    </section>
  );
}
