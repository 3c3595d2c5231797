import type { ReactNode } from "react";
import { type HostForecast, useHostForecasts } from "@/api/forecast";
import type { Host } from "@/api/types";
import { errorText, intervalText, outlookText } from "@/lib/forecast";
import { percent } from "@/lib/units";
import { useNow } from "@/ui/Ago";
import { Glyph } from "@/ui/Glyph";
import { PageLink } from "@/ui/PageLink";
import { Panel } from "@/ui/Panel";

interface HostsPanelProps {
  hosts: readonly Host[];
  projectId: number;
}

const WARN = 0.8;
const CRIT = 0.92;
const MOST = 5;

/** Processor, memory and disk of each host, the fullest first. */
export function HostsPanel({ hosts, projectId }: HostsPanelProps): ReactNode {
  const forecasts = useHostForecasts(projectId, hosts.length > 0);
  const now = useNow();
  const sorted = [...hosts].sort((a, b) => fullest(b) - fullest(a));
  return (
    <Panel title="Hosts" note={hosts.length > MOST ? `fullest ${MOST} of ${hosts.length}` : null}>
      {hosts.length === 0 ? (
        <div className="calm inline">
          <span className="faint">
            No host metrics yet.{" "}
            <PageLink to="settings/scraping" className="link">
              Add a target
            </PageLink>
          </span>
        </div>
      ) : (
        <>
          <div className="host head" aria-hidden="true">
            <span>Host</span>
            <span className="num">CPU</span>
            <span className="num">Memory</span>
            <span className="num">Disk</span>
          </div>
          {sorted.slice(0, MOST).map((host) => (
            <div className="host" key={host.instance}>
              <span className="trunc" title={host.instance}>
                {host.instance}
              </span>
              <Meter name="CPU" ratio={host.cpu_ratio} />
              <Meter name="memory" ratio={host.memory_ratio} />
              <Meter name="disk" ratio={host.disk_ratio} />
            </div>
          ))}
          <Outlook made={worst(forecasts, now)} now={now} />
        </>
      )}
    </Panel>
  );
}

const DAY_MS = 86_400_000;
const SHOWN_MS = 60 * DAY_MS;
const SOON_MS = 14 * DAY_MS;
const FULL: Record<HostForecast["resource"], string> = {
  disk: "full",
  memory: "full",
  cpu: "at 90 %",
};
const NAMES: Record<HostForecast["resource"], string> = {
  disk: "disk",
  memory: "memory",
  cpu: "CPU",
};

/** What runs out first of all hosts, within the next two months. */
function worst(all: readonly HostForecast[] | null, now: number): HostForecast | null | undefined {
  const until = ({ forecast }: HostForecast): number =>
    forecast.outlook === "over" ? 0 : (forecast.at_ms ?? Number.POSITIVE_INFINITY) - now;
  if (all === null) return undefined;
  return all.filter((one) => until(one) < SHOWN_MS).sort((a, b) => until(a) - until(b))[0] ?? null;
}

/** "db-1: disk full in 12 days, off by ±2 h so far". Its room is there before it is known. */
function Outlook({ made, now }: { made: HostForecast | null | undefined; now: number }): ReactNode {
  if (made === undefined) return <p className="host-outlook" />;
  if (made === null)
    return (
      <p className="host-outlook faint s" title="By the trend of up to 14 days">
        Nothing is foreseen to run out in {Math.round(SHOWN_MS / DAY_MS)} days.
      </p>
    );
  const { forecast, resource, detail, instance } = made;
  const isSoon = forecast.outlook === "over" || (forecast.at_ms ?? 0) - now < SOON_MS;
  const facts = [intervalText(forecast, now), errorText(forecast, "ratio")].filter(Boolean);
  return (
    <PageLink
      to="explore"
      search={{ "p0.expr": QUERIES[resource](instance, detail), tab: "forecast" }}
      className="host-outlook s"
      title={`${instance}: ${facts.join("; ")}`}
    >
      <Glyph status={isSoon ? "warn" : "info"} label="" />
      <span>
        {instance}: {NAMES[resource]}
        {detail && detail !== "/" ? ` ${detail}` : ""}{" "}
        <b className="m">{outlookText(forecast, FULL[resource], now)}</b>
        <span className="faint">, {errorText(forecast, "ratio").split(",")[0]} so far</span>
      </span>
    </PageLink>
  );
}

const quoted = (text: string): string => JSON.stringify(text);

/** The value that was foreseen, to be looked at. */
const QUERIES: Record<HostForecast["resource"], (instance: string, detail: string) => string> = {
  disk: (instance, mount) => {
    const labels = `instance=${quoted(instance)}, mountpoint=${quoted(mount)}`;
    return `1 - node_filesystem_avail_bytes{${labels}} / node_filesystem_size_bytes{${labels}}`;
  },
  memory: (instance) => {
    const labels = `{instance=${quoted(instance)}}`;
    return `1 - node_memory_MemAvailable_bytes${labels} / node_memory_MemTotal_bytes${labels}`;
  },
  cpu: (instance) =>
    `1 - avg by (instance) (rate(node_cpu_seconds_total{mode="idle", instance=${quoted(instance)}}[30m]))`,
};

const fullest = ({ cpu_ratio, memory_ratio, disk_ratio }: Host): number =>
  Math.max(cpu_ratio ?? 0, memory_ratio ?? 0, disk_ratio ?? 0);

function Meter({ name, ratio }: { name: string; ratio: number | null }): ReactNode {
  const tone = ratio === null ? "" : ratio >= CRIT ? "crit" : ratio >= WARN ? "warn" : "";
  const text = ratio === null ? "–" : percent(Math.round(ratio * 100) / 100).replace(/\.0+ /, " ");
  return (
    <span className={`meter ${tone}`}>
      <span className="s">
        <span className="sr">{name} </span>
        {text}
      </span>
      <span className="bar" aria-hidden="true">
        <i style={{ width: `${Math.min(1, ratio ?? 0) * 100}%` }} />
      </span>
    </span>
  );
}
