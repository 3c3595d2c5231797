import { Fragment, type ReactNode, useState } from "react";
import type { Statement as Row, StatementPage } from "@/api/performance";
import { Sparkline } from "@/charts/Sparkline";
import { compact, count, duration, percent, rate } from "@/lib/units";
import { Icon } from "@/ui/Icon";
import { PageLink } from "@/ui/PageLink";
import { Tag } from "@/ui/Panel";
import { Change, changeOf } from "./change";
import { SortHead, useSort } from "./SortHead";
import { Statement } from "./Statement";

const NUMBERS: Readonly<Record<string, (one: Row) => number>> = {
  time: (one) => one.total_ms,
  calls: (one) => one.calls,
  mean: (one) => one.latency.avg_ms,
  p95: (one) => one.latency.p95_ms,
  slow: (one) => one.slow,
  errors: (one) => one.errors,
  change: (one) => changeOf(one.before),
};

const keyOf = (one: Row): string => `${one.service} ${one.system} ${one.statement}`;

/** Statements, values taken out, with what they cost; a row opens to its text and its slowest trace. */
export function Statements({ page }: { page: StatementPage }): ReactNode {
  const { sorted, sort } = useSort<Row>(page.statements, NUMBERS, "time");
  const [open, setOpen] = useState<string | null>(null);
  return (
    <>
      <p className="table-note s muted">
        {page.total > page.statements.length
          ? `The costliest ${count(page.statements.length)} of ${count(page.total)}`
          : count(page.total)}{" "}
        statements, {rate(page.per_s)}, p95 {duration(page.latency.p95_ms)}
      </p>
      <div className="scroll-x">
        <table className="t statements" aria-label="Statements">
          <thead>
            <tr>
              <th scope="col">Statement</th>
              <th scope="col" className="only-l">
                Trend
              </th>
              <SortHead sort={sort} of="calls" label="Calls" isWideOnly />
              <SortHead sort={sort} of="mean" label="Mean" isWideOnly />
              <SortHead sort={sort} of="p95" label="p95" />
              <SortHead sort={sort} of="slow" label="Over 1 s" isWideOnly />
              <SortHead sort={sort} of="errors" label="Failed" isWideOnly />
              <SortHead sort={sort} of="change" label="vs week" isWideOnly />
              <SortHead sort={sort} of="time" label="Time" />
            </tr>
          </thead>
          <tbody>
            {sorted.map((one) => {
              const key = keyOf(one);
              const isOpen = key === open;
              return (
                <Fragment key={key}>
                  <tr>
                    <td>
                      <button
                        type="button"
                        className="statement-cell"
                        aria-expanded={isOpen}
                        onClick={() => setOpen(isOpen ? null : key)}
                      >
                        <Icon name={isOpen ? "down" : "right"} small />
                        <span className="stack-2">
                          <span className="mono trunc" title={one.statement.slice(0, 400)}>
                            {one.statement}
                          </span>
                          <span className="faint s trunc">
                            {one.system || "database"}
                            {one.service ? `, from ${one.service}` : ""}
                          </span>
                        </span>
                        {one.is_regressed ? <Tag tone="crit">Slower</Tag> : null}
                      </button>
                    </td>
                    <td className="only-l">
                      <Sparkline
                        values={one.spark}
                        kind="bars"
                        hot={one.is_regressed}
                        label={`${compact(one.calls)} calls in the range`}
                      />
                    </td>
                    <td className="num only-l">{compact(one.calls)}</td>
                    <td className="num only-l">{duration(one.latency.avg_ms)}</td>
                    <td className="num m">{duration(one.latency.p95_ms)}</td>
                    <td className={one.slow > 0 ? "num only-l warn m" : "num only-l faint"}>
                      {compact(one.slow)}
                    </td>
                    <td className={one.errors > 0 ? "num only-l crit m" : "num only-l faint"}>
                      {compact(one.errors)}
                    </td>
                    <td className="num only-l">
                      <Change before={one.before} />
                    </td>
                    <td className="num" title={duration(one.total_ms)}>
                      {percent(one.time_ratio)}
                    </td>
                  </tr>
                  {isOpen ? (
                    <tr className="statement-open">
                      <td colSpan={9}>
                        <Statement text={one.statement} system={one.system} />
                        <p className="row wrap">
                          {one.example_trace_id ? (
                            <PageLink to={`traces/${one.example_trace_id}`} className="btn sm">
                              Slowest call, {duration(one.example_ms)}
                            </PageLink>
                          ) : null}
                          <span className="faint s">
                            {duration(one.total_ms)} in all, p50 {duration(one.latency.p50_ms)}, p99{" "}
                            {duration(one.latency.p99_ms)}
                          </span>
                        </p>
                      </td>
                    </tr>
                  ) : null}
                </Fragment>
              );
            })}
          </tbody>
        </table>
      </div>
    </>
  );
}
