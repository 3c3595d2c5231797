import type { ReactNode } from "react";
import type { Breadcrumb, IssueEvent } from "@/api/issues";
import { useSearchState } from "@/api/scope";
import { duration, fixed } from "@/lib/units";
import { Glyph, type Status } from "@/ui/Glyph";
import { Panel } from "@/ui/Panel";
import { plainText, Shown } from "./Hidden";

const LAST = 6;

/** The last steps before the error, below the stack. */
export function BeforePanel({ event }: { event: IssueEvent }): ReactNode {
  const [, change] = useSearchState();
  const all = event.breadcrumbs;
  if (all.length === 0) return null;
  return (
    <Panel
      title="Before the error"
      note={all.length > LAST ? `last ${LAST} of ${all.length}` : `${all.length} steps`}
      more={
        all.length > LAST ? (
          <button
            type="button"
            className="link"
            onClick={() => change({ tab: "breadcrumbs" }, true)}
          >
            All breadcrumbs
          </button>
        ) : null
      }
    >
      <Crumbs event={event} crumbs={all.slice(-LAST)} />
    </Panel>
  );
}

/** Steps with their time before the error. */
export function Crumbs({
  event,
  crumbs = event.breadcrumbs,
}: {
  event: IssueEvent;
  crumbs?: readonly Breadcrumb[];
}): ReactNode {
  if (crumbs.length === 0)
    return <p className="pad muted">The SDK sent no breadcrumbs with this event.</p>;
  return (
    <ol className="crumbs">
      {crumbs.map((crumb, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: steps of one event never move.
        <li key={i}>
          <span className="mono num muted nowrap">{before(crumb.ts_ms, event.ts_ms)}</span>
          <Glyph status={statusOf(crumb)} label={crumb.level} />
          <span className="faint s trunc">{crumb.category || crumb.type}</span>
          <span className={crumb.type === "http" ? "mono trunc" : "trunc"}>
            <Shown text={textOf(crumb)} path="breadcrumbs" scrubbed={event.scrubbed} />
          </span>
          <span className="num s muted nowrap">{resultOf(crumb)}</span>
        </li>
      ))}
    </ol>
  );
}

/** "–41.2 s"; "–" where the SDK sent no time. */
export function before(crumbMs: number | null, eventMs: number): string {
  if (crumbMs === null) return "–";
  const s = (eventMs - crumbMs) / 1000;
  if (s < 0) return "0.0 s";
  return s < 100 ? `–${fixed(s, 1)} s` : `–${duration(s * 1000)}`;
}

function statusOf({ level, data }: Breadcrumb): Status {
  const code = Number(data.status_code);
  if (level === "error" || level === "fatal" || code >= 500) return "crit";
  if (level === "warning" || code >= 400) return "warn";
  return code >= 200 ? "ok" : "note";
}

export function textOf({ message, data, category }: Breadcrumb): string {
  if (message) return message;
  if (data.url !== undefined)
    return [data.method, data.url].filter(Boolean).map(plainText).join(" ");
  if (data.from !== undefined && data.to !== undefined)
    return `${plainText(data.from)} → ${plainText(data.to)}`;
  return Object.keys(data).length > 0 ? plainText(data) : category;
}

function resultOf({ data }: Breadcrumb): string {
  const took = Number(data.ms ?? data.duration_ms);
  return [
    data.status_code === undefined ? "" : plainText(data.status_code),
    Number.isFinite(took) ? duration(took) : "",
  ]
    .filter((one) => one !== "")
    .join(" · ");
}
