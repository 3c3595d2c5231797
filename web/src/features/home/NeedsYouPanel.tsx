import type { ReactNode } from "react";
import type { NeedsYou } from "@/api/types";
import { Ago } from "@/ui/Ago";
import { Glyph, type Status } from "@/ui/Glyph";
import { PageLink } from "@/ui/PageLink";
import { Panel } from "@/ui/Panel";

interface NeedsYouPanelProps {
  needs: readonly NeedsYou[];
  zone: string;
}

const STATE_WORDS: Record<NeedsYou["state"], string> = {
  firing: "Firing",
  pending: "Pending",
  down: "Down",
  regressed: "Regressed",
};

/** Everything that waits for a person, worst first; one line when nothing does. */
export function NeedsYouPanel({ needs, zone }: NeedsYouPanelProps): ReactNode {
  return (
    <Panel
      title="Needs you"
      note={needs.length > 0 ? `${needs.length} open` : null}
      more={
        <PageLink to="alerts" className="more">
          All alerts
        </PageLink>
      }
      className="need"
    >
      {needs.length === 0 ? (
        <p className="calm">
          <Glyph status="ok" label="" />
          Nothing needs you.
        </p>
      ) : (
        <ul>
          {needs.map((need) => (
            <Row key={`${need.kind} ${need.link.id} ${need.title}`} need={need} zone={zone} />
          ))}
        </ul>
      )}
    </Panel>
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
            &nbsp;
            <Ago atMs={need.since_ms} zone={zone} kind="for" />
          </span>
        </span>
        <span className="go faint s num">
          <Ago atMs={need.since_ms} zone={zone} kind="for" />
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
