import { type ReactNode, useMemo, useState } from "react";
import type { Trace } from "@/api/traces";
import { count, duration, percent } from "@/lib/units";
import { Switch } from "@/ui/controls";
import { toMs } from "./colors";
import { SortHead, useSort } from "./SortHead";
import { type Stat, type StatKey, statistics } from "./statistics";
import { ServiceName } from "./TraceTable";

const KEYS: readonly { value: StatKey; label: string }[] = [
  { value: "service", label: "Service" },
  { value: "op", label: "Kind of work" },
  { value: "name", label: "Name" },
];

const MOST_ROWS = 200;

/** Where the time went, summed up; self time counts no time of children. */
export function StatisticsView({
  trace,
  colors,
}: {
  trace: Trace;
  colors: ReadonlyMap<string, string>;
}): ReactNode {
  const [by, setBy] = useState<StatKey>("service");
  const stats = useMemo(() => statistics(trace, by), [trace, by]);
  const { sorted, sort } = useSort<Stat>(stats, NUMBERS, "selfNs");
  const most = Math.max(...stats.map((one) => one.selfRatio), 0) || 1;
  return (
    <div className="trace-statistics">
      <div className="row pad">
        <Switch label="Sum up by" value={by} options={KEYS} onChange={setBy} />
        <span className="faint s">
          {count(stats.length)} {stats.length === 1 ? "row" : "rows"}
          {stats.length > MOST_ROWS ? `, the first ${MOST_ROWS} shown` : ""}
        </span>
      </div>
      <div className="scroll-x">
        <table className="t statistics">
          <thead>
            <tr>
              <th scope="col">{KEYS.find((one) => one.value === by)?.label}</th>
              <SortHead sort={sort} of="selfNs" label="Self time" />
              <th scope="col">
                <span className="sr">Share of the self time</span>
              </th>
              <SortHead sort={sort} of="spans" label="Spans" />
              <SortHead sort={sort} of="errors" label="Failed" />
              <SortHead sort={sort} of="totalNs" label="Total" />
              <SortHead sort={sort} of="averageNs" label="Mean" />
              <SortHead sort={sort} of="p95Ns" label="p95" />
              <SortHead sort={sort} of="maxNs" label="Longest" />
            </tr>
          </thead>
          <tbody>
            {sorted.slice(0, MOST_ROWS).map((one) => (
              <tr key={one.key}>
                <td title={one.key}>
                  {by === "op" ? (
                    one.key || "not told"
                  ) : by === "service" ? (
                    <ServiceName name={one.key} colors={colors} />
                  ) : (
                    <span className="nm">
                      <i
                        className="swatch"
                        style={{ background: `var(--${colors.get(one.service) ?? "prev"})` }}
                        aria-hidden="true"
                      />
                      <span>{one.key}</span>
                    </span>
                  )}
                </td>
                <td className="num m">{duration(toMs(one.selfNs))}</td>
                <td>
                  <span className="share">
                    <span className="bar">
                      <i style={{ width: `${(one.selfRatio / most) * 100}%` }} />
                    </span>
                    <span className="faint s">{percent(one.selfRatio)}</span>
                  </span>
                </td>
                <td className="num">{count(one.spans)}</td>
                <td className={one.errors > 0 ? "num crit" : "num faint"}>{count(one.errors)}</td>
                <td className="num">{duration(toMs(one.totalNs))}</td>
                <td className="num">{duration(toMs(one.averageNs))}</td>
                <td className="num">{duration(toMs(one.p95Ns))}</td>
                <td className="num">{duration(toMs(one.maxNs))}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}

const NUMBERS: Readonly<Record<string, (one: Stat) => number>> = {
  selfNs: (one) => one.selfNs,
  spans: (one) => one.spans,
  errors: (one) => one.errors,
  totalNs: (one) => one.totalNs,
  averageNs: (one) => one.averageNs,
  p95Ns: (one) => one.p95Ns,
  maxNs: (one) => one.maxNs,
};
