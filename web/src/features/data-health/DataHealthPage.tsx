import type { ReactNode } from "react";
import { useSetup } from "@/api/projects";
import { type Scope, useScope } from "@/api/scope";
import { useDataHealth } from "@/api/settings";
import type { DataHealth } from "@/api/types";
import { count, duration, percent, showText } from "@/lib/units";
import { Ago } from "@/ui/Ago";
import { Async, SkeletonRows } from "@/ui/Async";
import { Arrivals } from "@/ui/FirstRecord";
import { Panel } from "@/ui/Panel";
import { type Column, Table } from "@/ui/Table";
import "./data-health.css";
import { Fact } from "./Fact";
import { HealthNav } from "./HealthNav";

/** What arrives, what is dropped and why, what it costs; nothing is lost in silence. */
export function DataHealthPage(): ReactNode {
  const scope = useScope();
  const health = useDataHealth(scope.org.slug, scope.project.id);
  const setup = useSetup(scope.project.id);
  return (
    <div className="page">
      <HealthNav here="data-health" />
      <Async value={health} empty={null} skeleton={<SkeletonRows rows={14} />}>
        {(data) => <Ready health={data} scope={scope} />}
      </Async>
      {health.state === "loading" ? null : (
        <Panel title={`Arrived in ${scope.project.name}`} note="and what was refused">
          <div className="pad">
            <Async value={setup} empty={null} minHeight={60}>
              {(data) => <Arrivals setup={data} zone={scope.zone} />}
            </Async>
          </div>
        </Panel>
      )}
    </div>
  );
}

/** Above this the spool is filling faster than it is digested. */
const LAG_WARN_MS = 10_000;
const FULL_WARN = 0.7;

function Ready({ health, scope }: { health: DataHealth; scope: Scope }): ReactNode {
  const { spool, dead_letters: dead } = health;
  const full = spool.limit_bytes > 0 ? spool.depth_bytes / spool.limit_bytes : 0;
  const dropped = health.drops.reduce((sum, one) => sum + one.count, 0);
  const accepted = health.accepted
    .filter((one) => one.records > 0)
    .sort((a, b) => b.records - a.records);
  const silent = health.accepted
    .filter((one) => one.records === 0)
    .map((one) => signalName(one.signal));
  const stores = [...health.stores].sort((a, b) => b.bytes_on_disk - a.bytes_on_disk);
  const onDisk = stores.reduce((sum, one) => sum + one.bytes_on_disk, 0);
  return (
    <>
      <div className="facts panel">
        <Fact
          label="Spool"
          value={showText(spool.depth_bytes, "bytes")}
          note={`${percent(full)} of ${showText(spool.limit_bytes, "bytes")}`}
          isBad={full > FULL_WARN}
        />
        <Fact
          label="Behind"
          value={duration(spool.lag_ms)}
          note="from the edge to the store"
          isBad={spool.lag_ms > LAG_WARN_MS}
        />
        <Fact
          label="Dropped"
          value={count(dropped)}
          note={
            health.drops.length === 0
              ? "nothing since the start"
              : "since the start, by reason below"
          }
        />
        <Fact
          label="Dead letters"
          value={count(dead)}
          note="records that could not be stored"
          isBad={dead > 0}
        />
      </div>
      <div className="health">
        <div className="stack">
          <Panel title="Accepted" note="since the start">
            <Table
              label="Accepted"
              rows={accepted}
              rowKey={(one) => one.signal}
              columns={ACCEPTED}
              empty="Nothing has been accepted yet."
            />
            {silent.length > 0 && accepted.length > 0 ? (
              <p className="health-rest faint s">None so far: {silent.join(", ")}.</p>
            ) : null}
          </Panel>
          <Panel title="Dropped" note="by reason">
            <Table
              label="Dropped"
              rows={health.drops}
              rowKey={(one) => one.reason}
              columns={DROPS}
              empty="Nothing was dropped."
            />
          </Panel>
          <Panel title="Processes">
            <Table
              label="Processes"
              rows={health.processes}
              rowKey={(one) => one.name}
              columns={processes(scope.zone)}
              empty="No process reported."
            />
          </Panel>
        </div>
        <Panel title="Stored" note={`${showText(onDisk, "bytes")} on disk, the largest first`}>
          <Table
            label="Stored"
            rows={stores}
            rowKey={(one) => one.table}
            columns={STORES}
            empty="No table holds rows yet."
          />
        </Panel>
      </div>
    </>
  );
}

type Accepted = DataHealth["accepted"][number];
type Drop = DataHealth["drops"][number];
type Store = DataHealth["stores"][number];
type Process = DataHealth["processes"][number];

/** `error_event` is called "errors" everywhere else. */
const signalName = (signal: string): string =>
  signal === "error_event" ? "errors" : signal.replaceAll("_", "-");

const ACCEPTED: readonly Column<Accepted>[] = [
  { head: "Signal", cell: (one) => <span className="m">{signalName(one.signal)}</span> },
  { head: "Records", isNumber: true, cell: (one) => count(one.records) },
  { head: "Now", isNumber: true, cell: (one) => showText(one.per_s, "/s") },
];

const DROPS: readonly Column<Drop>[] = [
  { head: "Reason", cell: (one) => one.reason.replaceAll("_", " ") },
  { head: "Records", isNumber: true, cell: (one) => count(one.count) },
];

const STORES: readonly Column<Store>[] = [
  { head: "Table", cell: (one) => <span className="mono">{one.table}</span> },
  { head: "Rows", isNumber: true, cell: (one) => count(one.rows) },
  { head: "On disk", isNumber: true, cell: (one) => showText(one.bytes_on_disk, "bytes") },
  {
    head: "A row",
    isNumber: true,
    isWideOnly: true,
    cell: (one) => (one.rows > 0 ? showText(one.bytes_on_disk / one.rows, "bytes") : "–"),
  },
];

const processes = (zone: string): readonly Column<Process>[] => [
  { head: "Process", cell: (one) => <span className="m">{one.name}</span> },
  { head: "Memory", isNumber: true, cell: (one) => showText(one.rss_bytes, "bytes") },
  { head: "Restarts", isNumber: true, cell: (one) => count(one.restarts) },
  {
    head: "Started",
    isNumber: true,
    isWideOnly: true,
    cell: (one) => (one.started_ms === null ? "–" : <Ago atMs={one.started_ms} zone={zone} />),
  },
];
