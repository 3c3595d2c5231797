import type { ReactNode } from "react";
import type { Scope } from "@/api/scope";
import type { HomeService } from "@/api/types";
import { Sparkline } from "@/charts/Sparkline";
import { resolveRange } from "@/lib/time";
import { coarse, fixed, percent, showText } from "@/lib/units";
import { useNow } from "@/ui/Ago";
import { Waiting } from "@/ui/Async";
import { Glyph, type Status } from "@/ui/Glyph";
import { PageLink } from "@/ui/PageLink";
import { Panel } from "@/ui/Panel";
import { rowMenu } from "@/ui/row-menu";
import { healthOf } from "./services";

const MOST = 8;

/** What every service answers now: how much, how much of it fails, how long it takes. */
export function ServicesPanel({
  services,
  scope,
}: {
  services: readonly HomeService[];
  scope: Scope;
}): ReactNode {
  const span = resolveRange(scope.range, Date.now());
  const range = span === null ? "" : coarse(span.toMs - span.fromMs);
  return (
    <Panel
      title="Services"
      note={noteOf(services.length)}
      more={
        <PageLink to="traces" search={{ tab: "map" }} className="more">
          Service map
        </PageLink>
      }
    >
      {services.length === 0 ? (
        <div className="calm">
          <Waiting>
            Waiting for requests: a counter of them, or traces.{" "}
            <PageLink to="settings/sources" className="link">
              Connect a service
            </PageLink>
          </Waiting>
        </div>
      ) : (
        <Rows services={services} range={range} />
      )}
    </Panel>
  );
}

function noteOf(all: number): string | null {
  if (all === 0) return null;
  return all > MOST ? `${MOST} of ${all} by error rate` : "by error rate";
}

function Rows({ services, range }: { services: readonly HomeService[]; range: string }): ReactNode {
  return (
    <table className="t services">
      <thead>
        <tr>
          <th scope="col">Service</th>
          <th scope="col" className="num">
            Requests/s
          </th>
          <th scope="col" className="num">
            Errors
          </th>
          <th scope="col" className="num only-l">
            p50
          </th>
          <th scope="col" className="num">
            p95
          </th>
          <th scope="col" className="only-l">
            p95, {range}
          </th>
          <th scope="col" className="only-l release">
            Release
          </th>
        </tr>
      </thead>
      <tbody>
        {services.slice(0, MOST).map((service) => (
          <Row key={service.name} service={service} />
        ))}
      </tbody>
    </table>
  );
}

const STATUS: Record<ReturnType<typeof healthOf>, Status> = {
  failing: "crit",
  troubled: "warn",
  well: "ok",
  silent: "unknown",
};

function Row({ service }: { service: HomeService }): ReactNode {
  const { name, requests, error_ratio, p50_s, p95_s, spark, query } = service;
  const health = healthOf(service);
  const tone = { failing: "crit m", troubled: "warn m", well: "", silent: "faint" }[health];
  const explore = { "p0.expr": query };
  return (
    <tr
      {...rowMenu(() => ({
        name: `Service ${name}`,
        page: { to: "explore", search: explore },
        copies: [{ label: "name", text: name }],
      }))}
    >
      <td>
        <PageLink to="explore" search={explore} className="nm">
          <Glyph status={STATUS[health]} label={health} />
          <span className="m trunc">{name}</span>
        </PageLink>
      </td>
      <td className="num">{requests === null ? "–" : perSecond(requests)}</td>
      <td className={`num ${tone}`}>{error_ratio === null ? "–" : percent(error_ratio)}</td>
      <td className="num only-l">{showText(p50_s, "seconds")}</td>
      <td className="num">{showText(p95_s, "seconds")}</td>
      <td className="only-l">
        <Sparkline values={spark} hot={health === "failing" || health === "troubled"} />
      </td>
      <td className="only-l muted s trunc release">
        <Release service={service} />
      </td>
    </tr>
  );
}

/** One decimal from 10 on, so that the column reads as one. */
const perSecond = (value: number): string => fixed(value, value < 10 ? 2 : 1);

/** What it runs; of one that says nothing any more, since when. */
function Release({ service }: { service: HomeService }): ReactNode {
  const now = useNow();
  const { requests, last_ms, release } = service;
  if (requests !== null) return <span title={release ?? undefined}>{release ?? "–"}</span>;
  return last_ms === null ? "silent" : `silent ${coarse(now - last_ms)}`;
}
