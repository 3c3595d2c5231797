/** Where an issue comes from: the deploy and commits before it, its releases and environments. */
import type { ReactNode } from "react";
import { type IssueFacts, useIssueFacts, useSuspects } from "@/api/issue-facts";
import type { IssueDetail } from "@/api/issues";
import type { Scope } from "@/api/scope";
import { mapLoaded } from "@/lib/loaded";
import { coarse, compact, percent } from "@/lib/units";
import { Ago } from "@/ui/Ago";
import { Async, SkeletonRows } from "@/ui/Async";
import { Glyph } from "@/ui/Glyph";
import { PageLink } from "@/ui/PageLink";
import { Panel, Tag } from "@/ui/Panel";

interface WhereProps {
  issue: IssueDetail;
  scope: Scope;
}

/** The deploy that came just before, and commits that touched the files of the stack. */
export function Suspects({
  issue,
  scope,
  eventId,
}: WhereProps & { eventId: string | null }): ReactNode {
  const facts = useIssueFacts(scope.project.id, issue.short_id);
  return (
    <Panel title="Suspects">
      <Async value={facts} empty={null} minHeight={56} skeleton={<SkeletonRows rows={2} />}>
        {(data) => (
          <ul className="suspects">
            <SuspectDeploy deploy={data.suspect_deploy} zone={scope.zone} />
            {eventId === null ? null : (
              <SuspectCommits issue={issue} scope={scope} eventId={eventId} facts={data} />
            )}
          </ul>
        )}
      </Async>
    </Panel>
  );
}

function SuspectDeploy({
  deploy,
  zone,
}: {
  deploy: IssueFacts["suspect_deploy"];
  zone: string;
}): ReactNode {
  if (deploy === null)
    return <li className="muted">No deploy was told before it was first seen.</li>;
  return (
    <li className="suspect">
      <Glyph status="deploy" />
      <span className="trunc">
        <PageLink
          to="errors/releases"
          search={{ version: deploy.release }}
          className="link"
          title={deploy.release}
        >
          {deploy.release || "a deploy"}
        </PageLink>{" "}
        to {deploy.environment}
      </span>
      <span className="faint nowrap">{coarse(deploy.before_ms)} before</span>
      <span className="faint s wide">
        <Ago atMs={deploy.at_ms} zone={zone} />
        {deploy.is_of_first_release ? ", brought the release in which it began" : ""}
      </span>
    </li>
  );
}

function SuspectCommits({
  issue,
  scope,
  eventId,
  facts,
}: WhereProps & { eventId: string; facts: IssueFacts }): ReactNode {
  const found = useSuspects(scope.project.id, issue.short_id, eventId);
  const ofEvent = found.state === "ready" ? found.data.suspects : [];
  if (ofEvent.length > 0)
    return ofEvent.map(({ commit, path, depth }) => (
      <li className="suspect" key={commit.id}>
        <Glyph status="note" label="commit" />
        <span className="trunc" title={commit.message}>
          <span className="mono">{commit.id.slice(0, 8)}</span> {commit.message.split("\n")[0]}
        </span>
        <span className="faint nowrap">{commit.author_name}</span>
        <span className="faint s wide mono trunc" title={path}>
          {path}
          {depth === 0 ? ", where it happened" : `, ${depth} calls above`}
        </span>
      </li>
    ));
  if (facts.suspect_commits.length > 0)
    return facts.suspect_commits.map((one) => (
      <li className="suspect" key={one.commit}>
        <Glyph status="note" label="commit" />
        <span className="trunc" title={one.message}>
          <span className="mono">{one.commit.slice(0, 8)}</span> {one.message.split("\n")[0]}
        </span>
        <span className="faint nowrap">{one.author_name}</span>
        <span className="faint s wide mono trunc">{one.files.join(", ")}</span>
      </li>
    ));
  return <li className="muted">No commit of its release touched the files of the stack.</li>;
}

const MOST = 6;

/** Releases and environments with their share of the events. */
export function Places({ issue, scope }: WhereProps): ReactNode {
  const facts = useIssueFacts(scope.project.id, issue.short_id);
  const both = mapLoaded(facts, ({ releases, environments }) => ({ releases, environments }));
  return (
    <Panel title="Releases and environments">
      <Async value={both} empty={null} minHeight={80} skeleton={<SkeletonRows rows={3} />}>
        {({ releases, environments }) => (
          <div className="facets">
            {releases.length + environments.length === 0 ? (
              <p className="muted">No release and no environment were sent.</p>
            ) : null}
            {releases.slice(0, MOST).map((one, i) => (
              <Share
                key={one.release}
                head={i === 0 ? "Release" : ""}
                events={one.events}
                ratio={one.ratio}
              >
                <PageLink
                  to="errors/releases"
                  search={{ version: one.release }}
                  className="link"
                  title={one.release}
                >
                  {one.release || "none"}
                </PageLink>{" "}
                {one.is_first ? <Tag>first</Tag> : null}
                {one.is_resolved_in ? <Tag tone="ok">resolved in</Tag> : null}
              </Share>
            ))}
            {releases.length > MOST ? (
              <p className="faint">{releases.length - MOST} more releases</p>
            ) : null}
            {environments.slice(0, MOST).map((one, i) => (
              <Share
                key={one.environment}
                head={i === 0 ? "Environment" : ""}
                events={one.events}
                ratio={one.ratio}
              >
                {one.environment || "none"}
              </Share>
            ))}
          </div>
        )}
      </Async>
    </Panel>
  );
}

function Share({
  head,
  events,
  ratio,
  children,
}: {
  head: string;
  events: number;
  ratio: number;
  children: ReactNode;
}): ReactNode {
  return (
    <div className="facet">
      <span className="faint trunc">{head}</span>
      <span className="trunc">{children}</span>
      <span className="num" title={`${compact(events)} events`}>
        {percent(ratio).replace(/\.\d+ /, " ")}
      </span>
      <span className="bar">
        <i style={{ width: `${Math.min(ratio, 1) * 100}%` }} />
      </span>
    </div>
  );
}
