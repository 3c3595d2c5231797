import type { ReactNode } from "react";
import type { ActivityEntry, IssueDetail, IssueEvent } from "@/api/issues";
import { moment } from "@/lib/time";
import { compact, percent } from "@/lib/units";
import { Ago } from "@/ui/Ago";
import { CopyButton } from "@/ui/controls";
import { Panel } from "@/ui/Panel";

interface FactsProps {
  issue: IssueDetail;
  event: IssueEvent | null;
  zone: string;
}

export function Facts({ issue, event, zone }: FactsProps): ReactNode {
  const sdk = event?.sdk;
  return (
    <Panel title="Facts">
      <dl className="dl facts">
        <dt>First seen</dt>
        <dd>
          <Ago atMs={issue.first_seen_ms} zone={zone} />
          {issue.first_release ? `, ${issue.first_release}` : ""}
        </dd>
        <dt>Last seen</dt>
        <dd>
          <Ago atMs={issue.last_seen_ms} zone={zone} />
        </dd>
        <Fact name="Release" text={issue.release} />
        <Fact name="Releases" text={issue.releases.length > 1 ? `${issue.releases.length}` : ""} />
        <Fact name="Environments" text={issue.environments.join(", ")} />
        <Fact name="Platform" text={issue.platform ?? ""} />
        <Fact
          name="SDK"
          text={sdk ? [sdk.name, sdk.version].filter(Boolean).join(" ") || "–" : "–"}
        />
        <dt>Trace</dt>
        <dd className="trace">
          {event?.trace_id ? (
            <>
              <span className="mono" title={event.trace_id}>
                {event.trace_id.slice(0, 8)}
              </span>
              <CopyButton text={event.trace_id} label="Copy trace id" />
            </>
          ) : (
            "–"
          )}
        </dd>
      </dl>
    </Panel>
  );
}

function Fact({ name, text }: { name: string; text: string }): ReactNode {
  if (text === "") return null;
  return (
    <>
      <dt>{name}</dt>
      <dd className="trunc" title={text}>
        {text}
      </dd>
    </>
  );
}

const MOST_VALUES = 3;
const MOST_KEYS = 6;

/** The values of each tag, by their share of the events. */
export function Affected({ issue }: { issue: IssueDetail }): ReactNode {
  const isSampled = issue.tags.some((facet) => facet.is_sampled);
  return (
    <Panel
      title="Who is affected"
      note={isSampled ? "of the newest events" : null}
      more={
        <span className="more">
          {compact(issue.users)} {issue.users === 1 ? "user" : "users"}
        </span>
      }
    >
      <div className="facets">
        {issue.tags.length === 0 ? (
          <p className="muted">No tags were sent with its events.</p>
        ) : null}
        {issue.tags.slice(0, MOST_KEYS).flatMap((facet) =>
          facet.values.slice(0, MOST_VALUES).map((one, i) => (
            <div className="facet" key={`${facet.key} ${one.value}`}>
              <span className="faint trunc" title={facet.key}>
                {i === 0 ? facet.key : ""}
              </span>
              <span className="trunc" title={one.value}>
                {one.value}
              </span>
              <span className="num">{percent(one.ratio).replace(/\.\d+ /, " ")}</span>
              <span className="bar">
                <i style={{ width: `${Math.min(one.ratio, 1) * 100}%` }} />
              </span>
            </div>
          )),
        )}
      </div>
    </Panel>
  );
}

export function Activity({ issue, zone }: { issue: IssueDetail; zone: string }): ReactNode {
  return (
    <Panel title="Activity">
      <ul className="activity">
        {issue.activity.length === 0 ? <li className="muted">Nothing so far.</li> : null}
        {issue.activity.map((entry) => (
          <li key={`${entry.at_ms} ${entry.kind}`}>
            <span>{activityText(entry)}</span>
            <span className="faint" title={moment(entry.at_ms, zone, Date.now())}>
              <Ago atMs={entry.at_ms} zone={zone} />
            </span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

/** "Priya resolved it", "Severity low → high by Mara"; kinds that are not known are named. */
export function activityText({ actor, kind, facts }: ActivityEntry): string {
  const who = actor ? actor.replace(/@.*/, "") : "";
  const by = who ? ` by ${who}` : "";
  const from = facts.from ? `${facts.from} → ` : "";
  const release = facts.release ? ` in ${facts.release}` : "";
  switch (kind) {
    case "severity":
      return `Severity ${from}${facts.to ?? ""}${by}`;
    case "status":
      return `${sentenceCase(String(facts.to ?? kind))}${by}`;
    case "assignee":
    case "assigned":
      return facts.to ? `Assigned to ${facts.to}${by}` : `Assignee removed${by}`;
    default:
      return `${sentenceCase(kind.replaceAll("_", " "))}${release}${by}`;
  }
}

const sentenceCase = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);
