import type { ReactNode } from "react";
import { type Deploy, useRecentDeploys } from "@/api/releases";
import type { Scope } from "@/api/scope";
import { duration } from "@/lib/units";
import { Ago } from "@/ui/Ago";
import { Async } from "@/ui/Async";
import { Glyph, type Status } from "@/ui/Glyph";
import { PageLink } from "@/ui/PageLink";
import { Panel } from "@/ui/Panel";

const MOST = 6;

/** The latest deploys of a week, whatever the range: what changed before something broke. */
export function DeploysPanel({ scope }: { scope: Scope }): ReactNode {
  const value = useRecentDeploys(scope.project.id, scope.environment);
  return (
    <Panel
      title="Deployments"
      note={
        value.state === "ready" && value.data.length > 0 ? `${value.data.length} in 7 days` : null
      }
      more={
        <PageLink to="errors/releases" className="more">
          Releases
        </PageLink>
      }
    >
      <Async value={value} empty={null} minHeight={34}>
        {(deploys) => <Rows deploys={deploys} scope={scope} />}
      </Async>
    </Panel>
  );
}

function Rows({ deploys, scope }: { deploys: readonly Deploy[]; scope: Scope }): ReactNode {
  if (deploys.length === 0)
    return (
      <div className="calm inline">
        <span className="faint">
          No deploy was told of in 7 days.{" "}
          <PageLink to="errors/releases" className="link">
            How to tell
          </PageLink>
        </span>
      </div>
    );
  return (
    <ul className="deploys">
      {deploys.slice(0, MOST).map((one) => (
        <li key={one.id}>
          <PageLink to="errors/releases" search={{ version: one.release }}>
            <Glyph status={STATUS[one.status]} label={WORDS[one.status]} />
            <span className="m trunc">{one.release || one.name || "deploy"}</span>
            <span className="muted s trunc">
              {one.status === "success"
                ? one.environment
                : `${one.environment}, ${WORDS[one.status]}`}
            </span>
            <span
              className="muted s num"
              title={one.duration_ms === null ? undefined : `took ${duration(one.duration_ms)}`}
            >
              <Ago atMs={one.finished_ms ?? one.started_ms} zone={scope.zone} />
            </span>
          </PageLink>
        </li>
      ))}
    </ul>
  );
}

const STATUS: Record<Deploy["status"], Status> = {
  started: "pending",
  in_progress: "pending",
  success: "ok",
  failure: "crit",
};
const WORDS: Record<Deploy["status"], string> = {
  started: "started",
  in_progress: "in progress",
  success: "success",
  failure: "failed",
};
