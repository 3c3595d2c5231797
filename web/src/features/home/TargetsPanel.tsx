import type { ReactNode } from "react";
import type { Target } from "@/api/types";
import { Strip } from "@/charts/Strip";
import { percent } from "@/lib/units";
import { Ago } from "@/ui/Ago";
import { Waiting } from "@/ui/Async";
import { Glyph, type Status } from "@/ui/Glyph";
import { PageLink } from "@/ui/PageLink";
import { Panel } from "@/ui/Panel";
import { type RowFacts, rowMenu } from "@/ui/row-menu";

const MOST = 6;
const STATUS: Record<Target["health"], Status> = { up: "ok", down: "crit", unknown: "unknown" };
const RANK: Record<Target["health"], number> = { down: 0, unknown: 1, up: 2 };

/** What is scraped, worst first: state, history over the range, when it was last seen. */
export function TargetsPanel({
  targets,
  zone,
}: {
  targets: readonly Target[];
  zone: string;
}): ReactNode {
  const sorted = [...targets].sort(
    (a, b) => RANK[a.health] - RANK[b.health] || (a.up_ratio ?? 1) - (b.up_ratio ?? 1),
  );
  return (
    <Panel
      title="Targets"
      note={targets.length > 0 ? "worst first" : null}
      more={
        <PageLink to="data-health/targets" className="more">
          {targets.length > MOST ? `All ${targets.length} targets` : "Targets"}
        </PageLink>
      }
    >
      {targets.length === 0 ? (
        <div className="calm">
          <Waiting>
            Waiting for the first scrape.{" "}
            <PageLink to="settings/scraping" className="link">
              Add a target
            </PageLink>
          </Waiting>
        </div>
      ) : (
        <table className="t targets">
          <thead>
            <tr>
              <th scope="col">Target</th>
              <th scope="col">In the range</th>
              <th scope="col" className="num">
                Up
              </th>
              <th scope="col" className="num">
                Seen
              </th>
            </tr>
          </thead>
          <tbody>
            {sorted.slice(0, MOST).map((target) => (
              <Row key={`${target.job} ${target.instance}`} target={target} zone={zone} />
            ))}
          </tbody>
        </table>
      )}
    </Panel>
  );
}

const factsOf = ({ job, instance, last_error }: Target): RowFacts => ({
  name: `Target ${instance}`,
  page: { to: "data-health/targets", search: { q: instance } },
  copies: [
    { label: "address", text: instance },
    { label: "selector", text: `{job="${job}", instance="${instance}"}` },
    ...(last_error ? [{ label: "error", text: last_error }] : []),
  ],
});

function Row({ target, zone }: { target: Target; zone: string }): ReactNode {
  const failures = target.strip.filter((ratio) => ratio !== null && ratio < 1).length;
  return (
    <tr {...rowMenu(() => factsOf(target))} title={target.last_error || undefined}>
      <td>
        <span className="nm">
          <Glyph status={STATUS[target.health]} label={target.health} />
          <span className="trunc" title={`${target.job} ${target.instance}`}>
            <span className="m">{target.job}</span> <span className="muted">{target.instance}</span>
          </span>
        </span>
      </td>
      <td>
        <Strip
          values={target.strip}
          label={
            failures === 0
              ? "no failures"
              : `failures in ${failures} of ${target.strip.length} slices`
          }
        />
      </td>
      <td className={target.health === "down" ? "num crit m" : "num"}>
        {target.up_ratio === null ? "–" : percent(target.up_ratio)}
      </td>
      <td className="num muted s">
        {target.last_scrape_ms === null ? (
          "never"
        ) : (
          <Ago atMs={target.last_scrape_ms} zone={zone} kind="bare" />
        )}
      </td>
    </tr>
  );
}
