import type { ReactNode } from "react";
import { type Cardinality, useCardinality } from "@/api/catalogue";
import { useScope } from "@/api/scope";
import { compact, count, percent } from "@/lib/units";
import { SendFirst } from "@/onboarding/SendFirst";
import { Async, SkeletonRows } from "@/ui/Async";
import { Glyph } from "@/ui/Glyph";
import { PageLink } from "@/ui/PageLink";
import { Panel } from "@/ui/Panel";
import "./data-health.css";
import { Fact } from "./Fact";
import { HealthNav } from "./HealthNav";

/** Where the series are, who sends them, and what went beyond its limit. */
export function CardinalityPage(): ReactNode {
  const scope = useScope();
  const value = useCardinality(scope.project.id);
  return (
    <div className="page">
      <HealthNav here="data-health/cardinality" />
      <Async
        value={value}
        empty={<SendFirst scope={scope} title="Send the first metric" brings="metrics" />}
        skeleton={
          <>
            <section className="panel">
              <SkeletonRows rows={2} height={40} />
            </section>
            <section className="panel">
              <SkeletonRows rows={12} />
            </section>
          </>
        }
      >
        {(data) => <Ready data={data} />}
      </Async>
    </div>
  );
}

const NEAR = 0.8;

function Ready({ data }: { data: Cardinality }): ReactNode {
  const over = data.metrics.filter((one) => one.overflowed > 0);
  const overflowed = over.reduce((sum, one) => sum + one.overflowed, 0);
  const share =
    data.limit_per_project === null ? null : data.active_series / data.limit_per_project;
  return (
    <>
      <div className="facts panel three">
        <Fact
          label="Active series"
          value={compact(data.active_series)}
          note={
            share === null
              ? "of the last two days, no limit set"
              : `${percent(share)} of ${compact(data.limit_per_project ?? 0)} allowed`
          }
          isBad={share !== null && share > NEAR}
        />
        <Fact
          label="A metric may have"
          value={data.limit_per_metric === null ? "any number" : compact(data.limit_per_metric)}
          note={
            data.limit_per_metric === null
              ? "no limit set"
              : "series; what is beyond is folded into one"
          }
        />
        <Fact
          label="Folded"
          value={count(overflowed)}
          note={
            over.length === 0
              ? "nothing is beyond its limit"
              : `series of ${count(over.length)} metrics`
          }
          isBad={over.length > 0}
        />
      </div>
      <Panel title="Metrics" note="with the most series">
        <Metrics data={data} />
      </Panel>
      <Panel title="Labels" note="with the most values">
        <ul className="bars">
          {data.labels.map((one) => (
            <BarRow
              key={one.label}
              name={one.label}
              value={one.values}
              of={data.labels[0]?.values ?? 1}
            />
          ))}
        </ul>
      </Panel>
    </>
  );
}

function Metrics({ data }: { data: Cardinality }): ReactNode {
  return (
    <div className="scroll-x">
      <table className="t cardinality">
        <thead>
          <tr>
            <th scope="col">Metric</th>
            <th scope="col" className="num">
              Series
            </th>
            <th scope="col" className="num only-l">
              Share
            </th>
            <th scope="col" className="num only-l">
              Limit
            </th>
            <th scope="col" className="only-l">
              Widest label
            </th>
            <th scope="col" className="only-l">
              Sent by
            </th>
          </tr>
        </thead>
        <tbody>
          {data.metrics.map((one) => (
            <tr key={one.metric}>
              <td>
                <span className="nm">
                  {one.overflowed > 0 ? <Glyph status="warn" label="beyond its limit" /> : null}
                  <PageLink
                    to="explore/metrics"
                    search={{ sel: one.metric, q: one.metric }}
                    className="mono trunc"
                    title={one.metric}
                  >
                    {one.metric}
                  </PageLink>
                </span>
                <span className="only-s muted s">
                  {one.top_label} {count(one.top_label_values)}; {sendersText(one.senders)}
                </span>
              </td>
              <td className="num">{count(one.series)}</td>
              <td className="num only-l">
                {percent(one.series / Math.max(1, data.active_series))}
              </td>
              <td className={one.overflowed > 0 ? "num only-l warn" : "num only-l muted"}>
                {one.limit === null ? "–" : count(one.limit)}
                {one.overflowed > 0 ? `, ${count(one.overflowed)} folded` : ""}
              </td>
              <td className="only-l">
                <span className="m">{one.top_label}</span>{" "}
                <span className="muted">{count(one.top_label_values)} values</span>
              </td>
              <td className="only-l muted s" title={sendersText(one.senders)}>
                {sendersText(one.senders)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

type Sender = Cardinality["metrics"][number]["senders"][number];

const sendersText = (senders: readonly Sender[]): string =>
  senders.map((one) => `${one.sender || "without a job"} ${count(one.series)}`).join(", ");

function BarRow({ name, value, of }: { name: string; value: number; of: number }): ReactNode {
  return (
    <li>
      <span className="m trunc" title={name}>
        {name}
      </span>
      <span className="bar" aria-hidden="true">
        <i style={{ width: `${(value / Math.max(1, of)) * 100}%` }} />
      </span>
      <span className="num">{count(value)}</span>
    </li>
  );
}
