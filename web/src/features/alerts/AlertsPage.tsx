import type { ReactNode } from "react";
import { type Alert, useAlerts, useRules } from "@/api/alerts";
import { useScope, useSearchState } from "@/api/scope";
import { count } from "@/lib/units";
import { PageLink } from "@/ui/PageLink";
import { TabBar } from "@/ui/TabBar";
import { Firing } from "./Firing";
import { History } from "./History";
import { Rules } from "./Rules";
import { rulesIn } from "./reading";
import "./alerts.css";

const TABS = [
  { id: "firing", label: "Firing" },
  { id: "rules", label: "Rules" },
  { id: "history", label: "History" },
] as const;

/** "2 and 1 pending": the first number is the one in the rail. */
function firingText(alerts: readonly Alert[]): string {
  const pending = alerts.filter((one) => one.state === "pending").length;
  const firing = count(alerts.length - pending);
  return pending === 0 ? firing : `${firing}, ${count(pending)} pending`;
}

/** What fires, what is watched, and what happened. */
export function AlertsPage(): ReactNode {
  const scope = useScope();
  const [search, change] = useSearchState();
  const tab = TABS.find((one) => one.id === search.tab)?.id ?? "firing";
  const alerts = useAlerts(scope.project.id);
  const rules = useRules(scope.project.id);
  const counts = {
    firing: alerts.state === "ready" ? firingText(alerts.data) : "",
    rules: rules.state === "ready" ? count(rulesIn(rules.data.files)) : "",
    history: undefined,
  };
  return (
    <div className="page alerts">
      <div className="page-tabs">
        <TabBar
          label="Alerts"
          tabs={TABS.map((one) => ({ ...one, note: counts[one.id] }))}
          value={tab}
          onChoose={(id) => change({ tab: id === "firing" ? undefined : id, sel: undefined })}
          isFlush
        />
        <PageLink to="settings/channels" className="link s">
          Channels
        </PageLink>
      </div>
      {tab === "firing" ? <Firing scope={scope} alerts={alerts} rules={rules} /> : null}
      {tab === "rules" ? <Rules scope={scope} rules={rules} /> : null}
      {tab === "history" ? <History scope={scope} /> : null}
    </div>
  );
}
