import type { ReactNode } from "react";
import type { Host } from "@/api/types";
import { percent } from "@/lib/units";
import { PageLink } from "@/ui/PageLink";
import { Panel } from "@/ui/Panel";

const WARN = 0.8;
const CRIT = 0.92;
const MOST = 5;

/** Processor, memory and disk of each host, the fullest first. */
export function HostsPanel({ hosts }: { hosts: readonly Host[] }): ReactNode {
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
        </>
      )}
    </Panel>
  );
}

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
