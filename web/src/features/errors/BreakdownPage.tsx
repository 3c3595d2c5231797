import type { ReactNode } from "react";
import {
  type ErrorGroup,
  type ErrorGroups,
  type ErrorSummary,
  type GroupBy,
  useErrorGroups,
  useErrorSummary,
} from "@/api/error-rates";
import { type Deploy, useDeploys } from "@/api/releases";
import { type Scope, spanNow, useScope, useSearchState, useSetRange } from "@/api/scope";
import { deployMarks } from "@/charts/deploy-marks";
import { Sparkline } from "@/charts/Sparkline";
import { TimeChart } from "@/charts/TimeChart";
import { compact, count, percent, perStep, significant } from "@/lib/units";
import type { SearchMap } from "@/lib/url-state";
import { Async, SkeletonRows } from "@/ui/Async";
import { PageLink } from "@/ui/PageLink";
import { TabBar } from "@/ui/TabBar";
import { type Column, Table } from "@/ui/Table";
import { ErrorTabs } from "./ErrorTabs";
import { ALL } from "./views";
import "./errors.css";
import { useOpenRelease } from "./open-release";

const BY: readonly { id: GroupBy; label: string }[] = [
  { id: "type", label: "Type" },
  { id: "endpoint", label: "Endpoint" },
  { id: "user", label: "User" },
  { id: "feature", label: "Feature" },
  { id: "function", label: "Function" },
  { id: "severity", label: "Severity" },
  { id: "release", label: "Release" },
  { id: "environment", label: "Environment" },
  { id: "server", label: "Server" },
  { id: "platform", label: "Platform" },
];

/** Errors of the whole project by what they have in common: how often, since when, for whom. */
export function BreakdownPage(): ReactNode {
  const scope = useScope();
  const [search, change] = useSearchState();
  const by = BY.find((one) => one.id === search.by)?.id ?? "type";
  const tag = search.tag ?? "feature";
  const { value, refreshing } = useErrorGroups(scope, by, tag);
  const deploys = useDeploys(scope.project.id, scope.range, scope.environment);
  return (
    <div className="page errors">
      <ErrorTabs current="breakdown" />
      <Totals scope={scope} />
      <section className="panel open" aria-label="Breakdown">
        {refreshing ? <div className="progress" /> : null}
        <TabBar
          label="By"
          tabs={BY}
          value={by}
          onChoose={(id) => change({ by: id === "type" ? undefined : id })}
        />
        {by === "feature" ? (
          <TagField key={tag} tag={tag} onChange={(next) => change({ tag: next || undefined })} />
        ) : null}
        <Async
          value={value}
          empty={null}
          minHeight={480}
          skeleton={<SkeletonRows rows={12} height={32} />}
        >
          {(data) => <Groups data={data} scope={scope} deploys={deploys} />}
        </Async>
      </section>
    </div>
  );
}

function TagField({ tag, onChange }: { tag: string; onChange: (tag: string) => void }): ReactNode {
  return (
    <form
      className="filters tag-field"
      onSubmit={(event) => {
        event.preventDefault();
        onChange(String(new FormData(event.currentTarget).get("tag") ?? "").trim());
      }}
    >
      <TagInput tag={tag} />
    </form>
  );
}

function TagInput({ tag }: { tag: string }): ReactNode {
  return (
    <label className="row">
      <span className="muted">Tag that names the feature</span>
      <input className="in mono" name="tag" defaultValue={tag} maxLength={200} required />
    </label>
  );
}

function Totals({ scope }: { scope: Scope }): ReactNode {
  const value = useErrorSummary(scope);
  return (
    <section className="panel open" aria-label="Totals">
      <Async
        value={value}
        empty={null}
        skeleton={<div className="totals-wait" aria-hidden="true" />}
      >
        {(summary) => (
          <dl className="totals">
            <Total name="Events" now={summary.now.events} before={summary.before.events} />
            <Total name="Users" now={summary.now.users} before={summary.before.users} />
            <div>
              <dt>Error rate</dt>
              <dd>{rateText(summary.now.error_pct)}</dd>
              <dd className="muted s">{rateNote(summary)}</dd>
            </div>
            <div>
              <dt>New issues</dt>
              <dd>{count(summary.new_issues)}</dd>
              <dd className="muted s">in the range</dd>
            </div>
            <div>
              <dt>Regressions</dt>
              <dd>{count(summary.regressions)}</dd>
              <dd className="muted s">in the range</dd>
            </div>
            <div>
              <dt>Unresolved</dt>
              <dd>{count(summary.unresolved)}</dd>
              <dd className="muted s">
                {count(summary.resolved)} resolved, {count(summary.ignored)} ignored
              </dd>
            </div>
          </dl>
        )}
      </Async>
    </section>
  );
}

function Total({ name, now, before }: { name: string; now: number; before: number }): ReactNode {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{compact(now)}</dd>
      <dd className="muted s">{changeText(now, before)}</dd>
    </div>
  );
}

/** So many times as many: then the number itself says more than the per cent. */
const MANIFOLD = 10;

/** "+12 % on the range before": how a number stands against the range before. */
export function changeText(now: number, before: number): string {
  if (before === 0) return now === 0 ? "none before either" : "none in the range before";
  if (now >= before * MANIFOLD) return `${compact(before)} in the range before`;
  const points = Math.round((now / before - 1) * 100);
  if (points === 0) return "as in the range before";
  return `${points > 0 ? "+" : "–"}${count(Math.abs(points))} % on the range before`;
}

const rateText = (pct: number | null): string => (pct === null ? "–" : percent(pct / 100));

function rateNote({ now, before }: ErrorSummary): string {
  if (now.requests === null) return "no requests were stored";
  const asked = `of ${compact(now.requests)} requests`;
  return before.error_pct === null ? asked : `${asked}, was ${percent(before.error_pct / 100)}`;
}

const LINES = 5;
/** Of the chart's parts, and of the rows that name them. */
const COLORS = ["c1", "c2", "c3", "c4", "c5"] as const;

function Groups({
  data,
  scope,
  deploys,
}: {
  data: ErrorGroups;
  scope: Scope;
  deploys: readonly Deploy[];
}): ReactNode {
  const openRelease = useOpenRelease(scope);
  const setRange = useSetRange();
  if (data.total === 0)
    return <p className="state muted">No error in the range, the environment and the release.</p>;
  const [first = 0, second = 0] = data.times_ms;
  return (
    <>
      <p className="pad muted s">
        Events {perStep(second - first)}
        {data.groups.length > LINES ? `, the ${LINES} most frequent` : ""}
        {data.other > 0 ? `; ${compact(data.other)} events are in groups not shown` : ""}
      </p>
      <TimeChart
        title={`Errors by ${data.by}`}
        unit=""
        timesMs={data.times_ms}
        series={data.groups.slice(0, LINES).map((one, i) => ({
          label: one.label || one.value || "none",
          values: one.series,
          color: COLORS[i] ?? "c1",
        }))}
        span={spanNow(scope.range)}
        zone={scope.zone}
        height={180}
        kind="bars"
        stacked
        onZoom={setRange}
        marks={deployMarks(deploys, openRelease)}
      />
      <Table
        label={`Errors by ${data.by}`}
        rows={data.groups}
        rowKey={(row) => row.value}
        columns={columnsOf(data)}
        empty="No group."
      />
    </>
  );
}

/** The search that finds a group's issues; null where the language has no word for it. */
export function searchOf(by: GroupBy, tag: string, value: string): SearchMap | null {
  const user = by === "user" ? /^(id|email|username|ip):(.+)$/.exec(value) : null;
  if (user) return searchFor(`user.${user[1]}`, user[2] ?? "");
  const key = keyOf(by, tag);
  return key === undefined || value === "" ? null : searchFor(key, value);
}

function searchFor(key: string, value: string): SearchMap {
  const quoted = /^[^\s"[\],]+$/.test(value) ? value : `"${value.replaceAll('"', '\\"')}"`;
  return { q: `${key}:${quoted}`, tab: ALL };
}

function keyOf(by: GroupBy, tag: string): string | undefined {
  const keys: Partial<Record<GroupBy, string>> = {
    type: "type",
    endpoint: "transaction",
    function: "stack.function",
    severity: "severity",
    release: "release",
    environment: "environment",
    server: "server_name",
    platform: "platform",
    feature: /^[A-Za-z_][\w.\-/]*$/.test(tag) ? tag : `tag[${tag}]`,
  };
  return keys[by];
}

function columnsOf({ by, tag, groups }: ErrorGroups): readonly Column<ErrorGroup>[] {
  const hasRate = groups.some((one) => one.error_pct !== null);
  return [
    {
      head: BY.find((one) => one.id === by)?.label ?? by,
      cell: (row) => {
        const search = searchOf(by, tag, row.value);
        const text = row.label || row.value || "none";
        const color = COLORS[groups.indexOf(row)];
        return (
          <span className="nm">
            <i
              className="swatch"
              style={color && { background: `var(--${color})` }}
              aria-hidden="true"
            />
            {search ? (
              <PageLink to="errors" search={search} className="name trunc" title={text}>
                {text}
              </PageLink>
            ) : (
              <span className="trunc" title={text}>
                {text}
              </span>
            )}
          </span>
        );
      },
    },
    {
      head: "Trend",
      width: "132px",
      isWideOnly: true,
      cell: (row) => (
        <Sparkline values={row.series} kind="bars" label={`${compact(row.events)} events`} />
      ),
    },
    { head: "Events", width: "76px", isNumber: true, cell: (row) => compact(row.events) },
    {
      head: "Per min",
      width: "76px",
      isNumber: true,
      isWideOnly: true,
      cell: (row) => significant(row.per_minute),
    },
    {
      head: "Share",
      width: "76px",
      isNumber: true,
      isWideOnly: true,
      cell: (row) => percent(row.ratio),
    },
    {
      head: "Before",
      width: "76px",
      isNumber: true,
      isWideOnly: true,
      cell: (row) => compact(row.previous_events),
    },
    { head: "Users", width: "76px", isNumber: true, cell: (row) => compact(row.users) },
    ...(hasRate
      ? [
          {
            head: "Error rate",
            width: "92px",
            isNumber: true,
            isWideOnly: true,
            cell: (row: ErrorGroup) => rateText(row.error_pct),
          },
        ]
      : []),
  ];
}
