import type { ReactNode } from "react";
import type {
  Dependency,
  DependencyPage,
  PerformanceProblem,
  ProblemPage,
  SlowQueries,
} from "@/api/performance";
import type { Scope } from "@/api/scope";
import { Sparkline } from "@/charts/Sparkline";
import { moment } from "@/lib/time";
import { compact, count, duration, fixed, percent, rate } from "@/lib/units";
import { Ago } from "@/ui/Ago";
import { PageLink } from "@/ui/PageLink";
import { Tag } from "@/ui/Panel";
import { type Column, Table } from "@/ui/Table";
import { Change, changeOf } from "./change";
import { SortHead, useSort } from "./SortHead";

const matches = (q: string, ...texts: readonly string[]): boolean => {
  const wanted = q.toLowerCase();
  return texts.some((text) => text.toLowerCase().includes(wanted));
};

const KINDS: Readonly<Record<PerformanceProblem["kind"], string>> = {
  n_plus_one: "N+1",
  slow_query: "Slow",
  slower_query: "Slower",
};

/** What costs time without need: the same statement again and again, slow ones, those that became slower. */
export function Problems({
  page,
  scope,
  q,
}: {
  page: ProblemPage;
  scope: Scope;
  q: string;
}): ReactNode {
  const shown = page.problems.filter((one) =>
    matches(q, one.statement, one.transaction, one.title),
  );
  if (shown.length === 0)
    return (
      <p className="state">
        {q === ""
          ? "No repeated, slow or slowed statements in this range."
          : "No problem matches the text."}
      </p>
    );
  return (
    <ul className="problems" aria-label="Problems">
      {shown.map((one) => (
        <li key={one.id}>
          <Tag tone={one.kind === "slower_query" ? "crit" : "warn"}>{KINDS[one.kind]}</Tag>
          <div className="grow">
            <p className="m trunc" title={one.title}>
              {one.title}
            </p>
            <p className="mono faint trunc" title={one.statement.slice(0, 400)}>
              {one.statement}
            </p>
            <p className="faint s">
              {problemText(one)}; last <Ago atMs={one.last_seen_ms} zone={scope.zone} />
            </p>
          </div>
          <div className="problem-cost">
            <b className="m">{duration(one.lost_ms)}</b>
            <span className="faint s">in all</span>
          </div>
          <span className="row wrap problem-traces">
            {one.evidence.slice(0, 3).map((trace) => (
              <PageLink
                key={`${trace.trace_id} ${trace.span_id}`}
                to={`traces/${trace.trace_id}`}
                search={trace.span_id ? { span: trace.span_id } : {}}
                className="link mono s"
                title={`${count(trace.calls)} calls, ${duration(trace.duration_ms)}, ${moment(trace.ts_ms, scope.zone, Date.now())}`}
              >
                {trace.trace_id.slice(0, 8)}
              </PageLink>
            ))}
          </span>
        </li>
      ))}
    </ul>
  );
}

function problemText(one: PerformanceProblem): string {
  const times = `${compact(one.occurrences)} ${one.occurrences === 1 ? "time" : "times"}`;
  if (one.kind === "n_plus_one")
    return `${fixed(one.avg_calls, 0)} statements each time, ${times} in ${one.transaction || one.service}`;
  if (one.kind === "slower_query")
    return `p95 ${one.p95_ms === null ? "–" : duration(one.p95_ms)}, ${one.p95_ratio === null ? "" : `${fixed(one.p95_ratio, 1)} × a week before, `}${compact(one.calls)} calls`;
  return `${compact(one.calls)} slow calls${one.transaction ? ` in ${one.transaction}` : ""}`;
}

/** Single calls that took long. */
export function SlowCalls({
  answer,
  scope,
  q,
}: {
  answer: SlowQueries;
  scope: Scope;
  q: string;
}): ReactNode {
  const rows = answer.queries.filter((one) => matches(q, one.statement, one.transaction));
  const columns: Column<SlowQueries["queries"][number]>[] = [
    {
      head: "Statement",
      cell: (one) => (
        <PageLink
          to={`traces/${one.trace_id}`}
          search={{ span: one.span_id }}
          className="slow-call"
          title={one.statement.slice(0, 400)}
        >
          {one.is_error ? <Tag tone="crit">failed</Tag> : null}
          <span className="mono trunc">{one.statement || one.system}</span>
        </PageLink>
      ),
    },
    { head: "In", cell: (one) => one.transaction || one.service, isWideOnly: true, width: "22%" },
    {
      head: "When",
      cell: (one) => <Ago atMs={one.ts_ms} zone={scope.zone} />,
      isWideOnly: true,
      isNumber: true,
      width: "110px",
    },
    {
      head: "Duration",
      cell: (one) => <b className="m">{duration(one.duration_ms)}</b>,
      isNumber: true,
      width: "96px",
    },
  ];
  return (
    <>
      <p className="table-note s muted">
        Calls over {duration(answer.over_ms)}, searched back to{" "}
        {moment(answer.searched_from_ms, scope.zone, Date.now())}
      </p>
      <Table
        label="Slow calls"
        rows={rows}
        rowKey={(one) => `${one.trace_id} ${one.span_id}`}
        columns={columns}
        empty={`No call took longer than ${duration(answer.over_ms)}.`}
      />
    </>
  );
}

const NUMBERS: Readonly<Record<string, (one: Dependency) => number>> = {
  time: (one) => one.total_ms,
  rate: (one) => one.per_s,
  errors: (one) => one.error_ratio,
  p95: (one) => one.latency.p95_ms,
  hits: (one) => -(one.hit_ratio ?? 2),
  change: (one) => changeOf(one.before),
};

/** Calls to hosts, caches and queues. */
export function Dependencies({ page }: { page: DependencyPage }): ReactNode {
  const { sorted, sort } = useSort<Dependency>(page.dependencies, NUMBERS, "time");
  return (
    <div className="scroll-x">
      <table className="t dependencies" aria-label="Hosts, caches and queues">
        <thead>
          <tr>
            <th scope="col">Called</th>
            <th scope="col" className="only-l">
              From
            </th>
            <th scope="col" className="only-l">
              Trend
            </th>
            <SortHead sort={sort} of="rate" label="Rate" />
            <SortHead sort={sort} of="errors" label="Failed" isWideOnly />
            <SortHead sort={sort} of="p95" label="p95" />
            <SortHead sort={sort} of="hits" label="Hits" isWideOnly />
            <SortHead sort={sort} of="change" label="vs week" isWideOnly />
            <SortHead sort={sort} of="time" label="Time" isWideOnly />
          </tr>
        </thead>
        <tbody>
          {sorted.map((one) => (
            <tr key={`${one.category} ${one.service} ${one.name} ${one.op}`}>
              <td>
                <PageLink
                  to="traces"
                  search={{ q: JSON.stringify(one.name), sort: "slowest" }}
                  className="slow-call"
                >
                  <Tag>{one.category}</Tag>
                  <span className="m trunc" title={one.name}>
                    {one.name || one.system}
                  </span>
                </PageLink>
              </td>
              <td className="only-l muted">{one.service}</td>
              <td className="only-l">
                <Sparkline values={one.spark} kind="bars" label={`${compact(one.calls)} calls`} />
              </td>
              <td className="num">{rate(one.per_s)}</td>
              <td className={one.errors > 0 ? "num only-l crit" : "num only-l faint"}>
                {percent(one.error_ratio)}
              </td>
              <td className="num m">{duration(one.latency.p95_ms)}</td>
              <td className="num only-l">
                {one.hit_ratio === null ? "–" : percent(one.hit_ratio)}
              </td>
              <td className="num only-l">
                <Change before={one.before} />
              </td>
              <td className="num only-l muted">{duration(one.total_ms)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
