import type { ReactNode } from "react";
import type { IssueDetail, IssueEvent } from "@/api/issues";
import { useSearchState } from "@/api/scope";
import { compact, percent } from "@/lib/units";
import { Ago } from "@/ui/Ago";
import { CopyButton } from "@/ui/controls";
import { PageLink } from "@/ui/PageLink";
import { Panel } from "@/ui/Panel";

interface FactsProps {
  issue: IssueDetail;
  event: IssueEvent | null;
  zone: string;
}

export function Facts({ issue, event, zone }: FactsProps): ReactNode {
  return (
    <Panel title="Facts">
      <dl className="dl facts">
        <dt>First seen</dt>
        <dd>
          <Ago atMs={issue.first_seen_ms} zone={zone} />
        </dd>
        <Fact name="First in" text={issue.first_release} />
        <dt>Last seen</dt>
        <dd>
          <Ago atMs={issue.last_seen_ms} zone={zone} />
        </dd>
        {issue.release ? (
          <>
            <dt>Release</dt>
            <dd className="trunc" title={issue.release}>
              <PageLink to="errors/releases" search={{ version: issue.release }} className="link">
                {issue.release}
              </PageLink>
            </dd>
          </>
        ) : null}
        <Fact name="Platform" text={issue.platform ?? ""} />
        <Fact name="SDK" text={event ? sdkText(event.sdk) : "\u00a0"} />
        <dt>Trace</dt>
        <dd className="trace">
          {event === null ? null : event.trace_id ? (
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

const sdkText = (sdk: IssueEvent["sdk"]): string =>
  [sdk?.name, sdk?.version].filter(Boolean).join(" ") || "–";

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
  const [, change] = useSearchState();
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
              {i === 0 ? (
                <button
                  type="button"
                  className="facet-key faint trunc"
                  title={`All values of ${facet.key}`}
                  onClick={() => change({ view: "tags", key: facet.key })}
                >
                  {facet.key}
                </button>
              ) : (
                <span />
              )}
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
