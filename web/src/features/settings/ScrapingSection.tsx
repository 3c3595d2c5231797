import type { ReactNode } from "react";
import { toFailure } from "@/api/queries";
import type { Scope } from "@/api/scope";
import { useSaveScrapeConfig, useScrapeConfig, useTargets } from "@/api/settings";
import type { ScrapeConfig, TargetState } from "@/api/types";
import { plainLines, SOURCES } from "@/lib/snippets";
import { compact, duration } from "@/lib/units";
import { Ago } from "@/ui/Ago";
import { Async, Waiting } from "@/ui/Async";
import { Glyph, type Status } from "@/ui/Glyph";
import { Panel } from "@/ui/Panel";
import { type Column, Table } from "@/ui/Table";
import { YamlEditor } from "@/ui/YamlEditor";
import { report } from "./report";

const STATUS: Record<TargetState["health"], Status> = {
  up: "ok",
  down: "crit",
  unknown: "unknown",
};

export function ScrapingSection({ scope }: { scope: Scope }): ReactNode {
  const targets = useTargets(scope.project.id);
  return (
    <>
      <Panel title="Targets" note={targets.state === "ready" ? `${targets.data.length}` : null}>
        <Async
          value={targets}
          empty={
            <div className="pad">
              <Waiting>Waiting for the first target. Name one below.</Waiting>
            </div>
          }
          minHeight={44}
        >
          {(all) => <Targets targets={all} zone={scope.zone} />}
        </Async>
      </Panel>
      {targets.state === "loading" ? null : <Editor scope={scope} />}
    </>
  );
}

function Targets({ targets, zone }: { targets: readonly TargetState[]; zone: string }): ReactNode {
  const columns: readonly Column<TargetState>[] = [
    {
      head: "Target",
      cell: (one) => (
        <span className="nm scraped" title={one.url}>
          <Glyph status={STATUS[one.health]} label={one.health} />
          <span className="stack-2">
            <span className="trunc">
              <span className="m">{one.job}</span> <span className="muted">{one.instance}</span>
            </span>
            {one.last_error ? <span className="crit s">{one.last_error}</span> : null}
          </span>
        </span>
      ),
    },
    {
      head: "Samples",
      isNumber: true,
      isWideOnly: true,
      width: "80px",
      cell: (one) => (one.samples === null ? "–" : compact(one.samples)),
    },
    {
      head: "Took",
      isNumber: true,
      isWideOnly: true,
      width: "80px",
      cell: (one) => (one.duration_ms === null ? "–" : duration(one.duration_ms)),
    },
    {
      head: "Last scrape",
      isNumber: true,
      width: "100px",
      cell: (one) =>
        one.last_scrape_ms === null ? "never" : <Ago atMs={one.last_scrape_ms} zone={zone} />,
    },
  ];
  return (
    <Table
      label="Targets"
      rows={targets}
      rowKey={(one) => `${one.job} ${one.url}`}
      columns={columns}
      empty=""
    />
  );
}

const EXAMPLE = plainLines(
  SOURCES.find((one) => one.id === "prometheus-yml")?.text(
    { sentry_dsn: "", server_key: null, public_url: "", statsd_address: "" },
    0,
  ) ?? "",
);

/** What is wrong with the configuration that is in force; null if nothing is. */
const problemsOf = ({ problems }: ScrapeConfig): string | null =>
  problems.length === 0 ? null : problems.join("; ");

function Editor({ scope }: { scope: Scope }): ReactNode {
  const config = useScrapeConfig(scope.project.id);
  const save = useSaveScrapeConfig(scope.project.id);
  return (
    <Panel title="prometheus.yml" note="read as Prometheus reads it">
      <div className="pad">
        <Async value={config} empty={null} minHeight={430}>
          {(data) => (
            <YamlEditor
              label="Scrape configuration"
              hint={
                data.source === ""
                  ? "Nothing is scraped yet; this is an example"
                  : "It is checked before it is taken"
              }
              source={data.source}
              initial={EXAMPLE}
              verb="Check and save"
              isBusy={save.isPending}
              error={save.error ? toFailure(save.error).message : problemsOf(data)}
              onSave={(source) =>
                save.mutate(source, { onSuccess: report("Scrape configuration saved").onSuccess })
              }
            />
          )}
        </Async>
      </div>
    </Panel>
  );
}
