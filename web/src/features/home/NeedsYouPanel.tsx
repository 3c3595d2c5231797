import type { ReactNode } from "react";
import type { HomeData, NeedsYou } from "@/api/types";
import { moment } from "@/lib/time";
import { Ago, useNow } from "@/ui/Ago";
import { Glyph, type Status } from "@/ui/Glyph";
import { PageLink } from "@/ui/PageLink";
import { Panel } from "@/ui/Panel";

interface NeedsYouPanelProps {
  home: HomeData;
  zone: string;
  /** Setting up still goes on: the first trouble finds its room kept. */
  isNew: boolean;
}

const STATE_WORDS: Record<NeedsYou["state"], string> = {
  firing: "Firing",
  pending: "Pending",
  down: "Down",
  regressed: "Regressed",
};

/** Everything that waits for a person, worst first; one line when nothing does. */
export function NeedsYouPanel({ home, zone, isNew }: NeedsYouPanelProps): ReactNode {
  const { needs_you: needs, last_alert_ms: lastMs } = home;
  const shown = needs.slice(0, MOST);
  return (
    <Panel
      title="Needs you"
      note={noteOf(needs.length)}
      more={
        <PageLink to="alerts" className="more">
          All alerts
        </PageLink>
      }
      className={isNew ? "need new" : "need"}
    >
      {needs.length === 0 ? (
        <p className="calm">
          <Glyph status="ok" label="" />
          Nothing needs you.
          <span className="faint s">
            {lastMs === null ? "No alert in 90 days." : <LastAlert atMs={lastMs} zone={zone} />}
          </span>
        </p>
      ) : (
        <ul>
          {shown.map((need) => (
            <Row key={`${need.kind} ${need.link.id} ${need.title}`} need={need} zone={zone} />
          ))}
        </ul>
      )}
    </Panel>
  );
}

const MOST = 8;

function noteOf(open: number): string | null {
  if (open === 0) return null;
  return open > MOST ? `${open} open, the worst ${MOST} shown` : `${open} open`;
}

function LastAlert({ atMs, zone }: { atMs: number; zone: string }): ReactNode {
  return (
    <>
      Last alert {moment(atMs, zone, useNow())}, <Ago atMs={atMs} zone={zone} />.
    </>
  );
}

function Row({ need, zone }: { need: NeedsYou; zone: string }): ReactNode {
  const status = statusOf(need);
  const { to, search } = target(need);
  return (
    <li className={status === "crit" ? "hot" : undefined}>
      <PageLink to={to} search={search}>
        <span className="c1">
          <Glyph status={status} />
        </span>
        <span className="t trunc">
          <b>{need.title}</b>
          <span className="muted trunc">{need.detail}</span>
        </span>
        <span className="st muted s trunc">
          {STATE_WORDS[need.state]}
          <span className="only-s">
            {" · "}
            <Ago atMs={need.since_ms} zone={zone} kind="bare" />
          </span>
        </span>
        <span className="go faint s num">
          <Ago atMs={need.since_ms} zone={zone} kind={need.kind === "issue" ? "ago" : "for"} />
        </span>
      </PageLink>
    </li>
  );
}

function statusOf({ state, severity }: NeedsYou): Status {
  if (state === "pending") return "pending";
  return severity === "critical" ? "crit" : "warn";
}

function target({ link }: NeedsYou): { to: string; search: Record<string, string> } {
  if (link.page === "errors") return { to: `errors/${link.id}`, search: {} };
  if (link.page === "targets")
    return { to: "data-health/targets", search: { q: link.id.split("/").at(-1) ?? "" } };
  return { to: "alerts", search: { sel: link.id } };
}
