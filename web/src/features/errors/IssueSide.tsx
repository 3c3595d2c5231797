import type { ReactNode } from "react";
import type { IssueDetail, IssueEvent, TagFacet } from "@/api/issues";
import { useSearchState } from "@/api/scope";
import { moment } from "@/lib/time";
import { compact, percent } from "@/lib/units";
import { Ago } from "@/ui/Ago";
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
        <Seen atMs={issue.first_seen_ms} zone={zone} />
        <ReleaseFact name="First in" version={issue.first_release} />
        <dt>Last seen</dt>
        <Seen atMs={issue.last_seen_ms} zone={zone} />
        {issue.release === issue.first_release ? null : (
          <ReleaseFact name="Last in" version={issue.release} />
        )}
        <Fact name="Platform" text={issue.platform ?? ""} />
        <Fact name="SDK" text={event ? sdkText(event.sdk) : "\u00a0"} />
      </dl>
    </Panel>
  );
}

function Seen({ atMs, zone }: { atMs: number; zone: string }): ReactNode {
  return (
    <dd className="trunc">
      {moment(atMs, zone, Date.now())}, <Ago atMs={atMs} zone={zone} />
    </dd>
  );
}

function ReleaseFact({ name, version }: { name: string; version: string }): ReactNode {
  if (version === "") return null;
  return (
    <>
      <dt>{name}</dt>
      <dd className="trunc" title={version}>
        <PageLink to="errors/releases" search={{ version }} className="link">
          {version}
        </PageLink>
      </dd>
    </>
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

/** Tags that other panels tell, or that are the same for every event of an issue. */
const TOLD_ELSEWHERE = new Set(["release", "environment", "level", "handled"]);

/** One value that every event has, of this issue and of all others. */
const isSameForAll = ({ values: [first] }: TagFacet): boolean =>
  first !== undefined && first.ratio > 0.995 && (first.usual_ratio ?? 0) > 0.995;

const ONE_SERVER = 0.9;

/** Servers differ from service to service; that nearly all events are of one of them tells something. */
const isOneServer = ({ values: [first] }: TagFacet): boolean => (first?.ratio ?? 0) >= ONE_SERVER;

/** Tags worth a place, in their order; of a name and the same with its version only one. */
export function shownTags(tags: readonly TagFacet[]): readonly TagFacet[] {
  const byKey = new Map(tags.map((one) => [one.key, one]));
  const isTold = ({ key }: TagFacet): boolean => {
    const versions = byKey.get(key.replace(/\.name$/, ""));
    if (key.endsWith(".name") && versions) return versions.values.length <= MOST_VALUES;
    return byKey.has(`${key}.name`) && (byKey.get(key)?.values.length ?? 0) > MOST_VALUES;
  };
  return tags
    .filter((one) => !TOLD_ELSEWHERE.has(one.key) && !isTold(one) && !isSameForAll(one))
    .filter((one) => one.key !== "server" || isOneServer(one))
    .slice(0, MOST_KEYS);
}

/** The values of each tag by their share of the events; those that set the issue apart first. */
export function Affected({ issue }: { issue: IssueDetail }): ReactNode {
  const shown = shownTags(issue.tags);
  const isSampled = shown.some((facet) => facet.is_sampled);
  const isCompared = shown.some((facet) => facet.values.some((one) => one.usual_ratio !== null));
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
        {shown.length === 0 ? <p className="muted">No tags were sent with its events.</p> : null}
        {shown.flatMap((facet) =>
          facet.values
            .slice(0, MOST_VALUES)
            .map((one, i) => (
              <Share key={`${facet.key} ${one.value}`} facet={facet} one={one} isFirst={i === 0} />
            )),
        )}
        {isCompared ? (
          <p className="faint xs facet-legend">
            <i className="usual" aria-hidden="true" /> share in other issues
          </p>
        ) : null}
      </div>
    </Panel>
  );
}

type Value = TagFacet["values"][number];

function Share({
  facet,
  one,
  isFirst,
}: {
  facet: TagFacet;
  one: Value;
  isFirst: boolean;
}): ReactNode {
  const [, change] = useSearchState();
  const times = liftText(one);
  return (
    <div className="facet" title={shareText(facet.key, one)}>
      {isFirst ? (
        <button
          type="button"
          className="facet-key faint trunc"
          title={`All values of ${facet.key}`}
          onClick={() => change({ view: "tags", key: facet.key })}
        >
          {spoken(facet.key)}
        </button>
      ) : (
        <span />
      )}
      <span className="row facet-value">
        <span className="trunc">{one.value}</span>
        {times ? <span className="faint nowrap">{times}</span> : null}
      </span>
      <span className="num">{wholePercent(one.ratio)}</span>
      <span className="bar">
        <i style={{ width: `${Math.min(one.ratio, 1) * 100}%` }} />
        {one.usual_ratio === null ? null : (
          <i className="usual" style={{ left: `${Math.min(one.usual_ratio, 1) * 100}%` }} />
        )}
      </span>
    </div>
  );
}

const wholePercent = (ratio: number): string => percent(ratio).replace(/\.\d+ /, " ");

const NOTABLE_TIMES = 1.5;
const NOTABLE_SHARE = 0.1;

/** "2.1×" where a value is far more frequent here than in other issues. */
export function liftText({
  ratio,
  usual_ratio: usual,
}: Pick<Value, "ratio" | "usual_ratio">): string {
  if (usual === null || ratio < NOTABLE_SHARE) return "";
  if (usual === 0) return "only here";
  const times = ratio / usual;
  if (times < NOTABLE_TIMES) return "";
  return `${times >= 10 ? Math.round(times) : times.toFixed(1)}×`;
}

function shareText(key: string, { value, ratio, usual_ratio: usual }: Value): string {
  const here = `${key} ${value}: ${percent(ratio)} of its events`;
  return usual === null ? here : `${here}, ${percent(usual)} of those of other issues`;
}

/** `saved_card` as people say it: "Saved card". */
const spoken = (key: string): string => {
  if (key.length <= 3) return key.toUpperCase();
  const words = key.replaceAll(/[._-]+/g, " ");
  return words.slice(0, 1).toUpperCase() + words.slice(1);
};
