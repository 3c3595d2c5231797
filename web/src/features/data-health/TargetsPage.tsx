import type { ReactNode } from "react";
import { toFailure } from "@/api/queries";
import { useScope, useSearchState } from "@/api/scope";
import { type Pool, type Pools, usePools, useReload } from "@/api/targets";
import { plainLines, SOURCES } from "@/lib/snippets";
import { count } from "@/lib/units";
import { Async, SkeletonRows, Waiting } from "@/ui/Async";
import { Button, Switch } from "@/ui/controls";
import { Glyph } from "@/ui/Glyph";
import { PageLink } from "@/ui/PageLink";
import { Panel } from "@/ui/Panel";
import { Snippet } from "@/ui/Snippet";
import { toast } from "@/ui/Toasts";
import { DroppedTargets } from "./DroppedTargets";
import "./data-health.css";
import { HealthNav } from "./HealthNav";
import { PoolPanel } from "./PoolPanel";
import { matches, type Which } from "./pools";

/** What is scraped, pool by pool: state, history, and why something is down. */
export function TargetsPage(): ReactNode {
  const scope = useScope();
  const [search, change] = useSearchState();
  const { value, refreshing } = usePools(scope.project.id, scope.range);
  const text = search.q ?? "";
  const which: Which = search.state === "down" || search.state === "up" ? search.state : "all";
  return (
    <div className="page">
      <HealthNav here="data-health/targets" />
      <search className="target-bar">
        <input
          className="in"
          type="search"
          data-filter
          aria-label="Filter targets"
          placeholder="Part of the job, the address, a label or the error"
          value={text}
          onChange={(event) => change({ q: event.target.value || undefined }, true)}
        />
        <Switch<Which>
          label="State"
          value={which}
          options={[
            { value: "all", label: "All" },
            { value: "up", label: "Up" },
            { value: "down", label: "Not up" },
          ]}
          onChange={(next) => change({ state: next === "all" ? undefined : next })}
        />
        <span className="grow" />
        <Reload projectId={scope.project.id} isAdmin={isAdmin(scope.org.role)} />
        <PageLink to="settings/scraping" className="btn">
          Edit prometheus.yml
        </PageLink>
      </search>
      {refreshing ? <span className="progress" aria-hidden="true" /> : null}
      <Async
        value={value}
        empty={<NoTargets />}
        skeleton={
          <section className="panel">
            <SkeletonRows rows={8} height={36} />
          </section>
        }
      >
        {(data) => (
          <Ready
            data={data}
            text={text}
            which={which}
            zone={scope.zone}
            onClear={() => change({ q: undefined, state: undefined })}
          />
        )}
      </Async>
    </div>
  );
}

const isAdmin = (role: string): boolean => role === "admin" || role === "owner";

interface ReadyProps {
  data: Pools;
  text: string;
  which: Which;
  zone: string;
  onClear: () => void;
}

function Ready({ data, text, which, zone, onClear }: ReadyProps): ReactNode {
  const shown: Pool[] = data.pools
    .map((pool) => ({
      ...pool,
      targets: pool.targets.filter((target) => matches(pool.job, target, text, which)),
    }))
    .filter((pool) => pool.targets.length > 0 || (text === "" && which === "all"));
  const all = data.pools.reduce((sum, pool) => sum + pool.targets.length, 0);
  return (
    <>
      {data.problems.map((problem) => (
        <p className="row crit s" role="alert" key={problem}>
          <Glyph status="crit" label="" />
          {problem}
        </p>
      ))}
      {shown.length === 0 ? (
        <section className="panel">
          <div className="state">
            <p>
              None of {count(all)} targets matches{text ? ` “${text}”` : ""}.
            </p>
            <Button onClick={onClear}>Clear the filter</Button>
          </div>
        </section>
      ) : null}
      {shown.map((pool) => (
        <PoolPanel key={pool.job} pool={pool} zone={zone} />
      ))}
      {data.dropped.length > 0 ? (
        <DroppedTargets dropped={data.dropped} total={data.dropped_total} />
      ) : null}
    </>
  );
}

function Reload({ projectId, isAdmin: may }: { projectId: number; isAdmin: boolean }): ReactNode {
  const reload = useReload(projectId);
  return (
    <Button
      busy={reload.isPending}
      reason={may ? undefined : "Needs role admin"}
      onClick={() =>
        reload.mutate(undefined, {
          onSuccess: ({ problems }) =>
            problems.length === 0
              ? toast("Configuration read again", { status: "ok" })
              : toast(problems.join("; "), { status: "crit" }),
          onError: (error) => toast(toFailure(error).message, { status: "crit" }),
        })
      }
    >
      Reload configuration
    </Button>
  );
}

const EXAMPLE = plainLines(
  SOURCES.find((one) => one.id === "prometheus-yml")?.text(
    { sentry_dsn: "", server_key: null, public_url: "", statsd_address: "" },
    0,
  ) ?? "",
);

function NoTargets(): ReactNode {
  return (
    <Panel title="Name the first target">
      <div className="pad stack">
        <p className="muted">
          Nothing is scraped in this project yet. Put a scrape configuration, as Prometheus reads
          it, into{" "}
          <PageLink to="settings/scraping" className="link">
            Settings, Scraping
          </PageLink>
          .
        </p>
        <Snippet label="A scrape configuration" text={EXAMPLE} />
        <Waiting>Waiting for the first target…</Waiting>
      </div>
    </Panel>
  );
}
