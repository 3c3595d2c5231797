import { type ReactNode, useMemo, useState } from "react";
import { type Endpoint, type EndpointPage, useEndpoints } from "@/api/performance";
import { type Scope, useSearchState } from "@/api/scope";
import { Sparkline } from "@/charts/Sparkline";
import { compact, count, duration, percent, rate } from "@/lib/units";
import { Async, SkeletonRows } from "@/ui/Async";
import { Glyph } from "@/ui/Glyph";
import { PageLink } from "@/ui/PageLink";
import { Tag } from "@/ui/Panel";
import { TextFilter } from "@/ui/TextFilter";
import { useDefer } from "@/ui/useDefer";
import { Change, changeOf } from "./change";
import { serviceColors } from "./colors";
import { NoSpans } from "./NoSpans";
import { SortHead, useSort } from "./SortHead";
import { ServiceName } from "./TraceTable";

const TYPING_MS = 200;

/** Each route of each service: how often, how many failed, how long, and against last week. */
export function EndpointsTab({ scope }: { scope: Scope }): ReactNode {
  const [search, change] = useSearchState();
  const [text, setText] = useState(search.q ?? "");
  const service = search.service ?? "";
  const { value, refreshing } = useEndpoints(scope, useDefer(text.trim(), TYPING_MS), service);
  return (
    <section className="panel open" aria-label="Endpoints">
      {refreshing ? <div className="progress" /> : null}
      <TextFilter
        label="Find an endpoint"
        text={text}
        onText={(next) => {
          setText(next);
          change({ q: next || undefined }, true);
        }}
        service={service}
        onNoService={() => change({ service: undefined })}
      >
        {value.state === "ready" ? <Summary page={value.data} /> : null}
      </TextFilter>
      <Async value={value} empty={null} skeleton={<SkeletonRows rows={14} height={34} />}>
        {(page) =>
          page.endpoints.length === 0 ? (
            <NoSpans scope={scope} what="endpoint" isNarrow={text !== "" || service !== ""} />
          ) : (
            <Rows page={page} />
          )
        }
      </Async>
    </section>
  );
}

function Summary({ page }: { page: EndpointPage }): ReactNode {
  return (
    <ul className="row wrap summary s muted" aria-label="All endpoints">
      <li>
        {page.total > page.endpoints.length
          ? `${page.endpoints.length} of ${count(page.total)}`
          : count(page.total)}{" "}
        endpoints
      </li>
      <li>{rate(page.per_s)}</li>
      <li className={page.error_ratio > 0.01 ? "crit" : undefined}>
        {percent(page.error_ratio)} failed
      </li>
      <li>p95 {duration(page.latency.p95_ms)}</li>
      <li>
        limit {page.budget.stat} {duration(page.budget.limit_ms)}
      </li>
    </ul>
  );
}

const NUMBERS: Readonly<Record<string, (one: Endpoint) => number>> = {
  time: (one) => one.total_ms,
  rate: (one) => one.per_s,
  errors: (one) => one.error_ratio,
  p50: (one) => one.latency.p50_ms,
  p95: (one) => one.latency.p95_ms,
  p99: (one) => one.latency.p99_ms,
  apdex: (one) => -one.apdex,
  change: (one) => changeOf(one.before),
};

const HOT_ERRORS = 0.01;

function Rows({ page }: { page: EndpointPage }): ReactNode {
  const { sorted, sort } = useSort<Endpoint>(page.endpoints, NUMBERS, "time");
  const colors = useMemo(
    () => serviceColors(page.endpoints.map((one) => one.service)),
    [page.endpoints],
  );
  return (
    <div className="scroll-x">
      <table className="t endpoints" aria-label="Endpoints">
        <thead>
          <tr>
            <th scope="col">Endpoint</th>
            <th scope="col" className="only-l">
              Service
            </th>
            <th scope="col" className="only-l">
              Calls
            </th>
            <SortHead sort={sort} of="rate" label="Rate" isWideOnly />
            <SortHead sort={sort} of="errors" label="Failed" />
            <SortHead sort={sort} of="p50" label="p50" isWideOnly />
            <SortHead sort={sort} of="p95" label="p95" />
            <SortHead sort={sort} of="p99" label="p99" isWideOnly />
            <SortHead
              sort={sort}
              of="change"
              label="vs week"
              title="p95 against the same time a week before"
              isWideOnly
            />
            <SortHead
              sort={sort}
              of="apdex"
              label="Apdex"
              title="1: all were quick enough, 0: none was; the worst first"
              isWideOnly
            />
            <SortHead sort={sort} of="time" label="Of all time" isWideOnly />
          </tr>
        </thead>
        <tbody>
          {sorted.map((one) => (
            <tr key={`${one.service} ${one.method} ${one.route}`}>
              <td>
                <PageLink
                  to="traces"
                  search={{ q: termsOf(one), sort: "slowest" }}
                  className="endpoint"
                  title={`${one.method} ${one.route}: its slowest traces`}
                >
                  {one.is_over_budget ? <Glyph status="warn" label="over the limit" /> : null}
                  {one.method ? <Tag>{one.method}</Tag> : null}
                  <span className="m trunc">{one.route || "no route"}</span>
                  <span className="only-s faint s">{one.service}</span>
                </PageLink>
              </td>
              <td className="only-l">
                <ServiceName name={one.service} colors={colors} />
              </td>
              <td className="only-l">
                <Sparkline
                  values={one.spark}
                  kind="bars"
                  hot={one.is_over_budget || one.error_ratio > HOT_ERRORS}
                  label={`${compact(one.calls)} calls in the range`}
                />
              </td>
              <td className="num only-l">{rate(one.per_s)}</td>
              <td className={one.error_ratio > HOT_ERRORS ? "num crit m" : "num muted"}>
                {percent(one.error_ratio)}
              </td>
              <td className="num only-l">{duration(one.latency.p50_ms)}</td>
              <td className="num m">{duration(one.latency.p95_ms)}</td>
              <td className="num only-l">{duration(one.latency.p99_ms)}</td>
              <td className="num only-l">
                <Change before={one.before} />
              </td>
              <td className="num only-l">{one.apdex.toFixed(2)}</td>
              <td className="num only-l muted">{percent(one.time_ratio)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** The search for an endpoint's traces. */
function termsOf({ service, route }: Endpoint): string {
  const terms = [
    service && `service:${JSON.stringify(service)}`,
    route && `route:${JSON.stringify(route)}`,
  ];
  return terms.filter(Boolean).join(" ");
}
