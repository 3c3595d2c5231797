import { useNavigate } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import { type Metric, type MetricList, type MetricSort, useMetricList } from "@/api/catalogue";
import { useScope, useSearchState } from "@/api/scope";
import { compact, count } from "@/lib/units";
import type { SearchMap } from "@/lib/url-state";
import { SendFirst } from "@/onboarding/SendFirst";
import { Ago } from "@/ui/Ago";
import { Async, SkeletonRows } from "@/ui/Async";
import { Button } from "@/ui/controls";
import { Icon } from "@/ui/Icon";
import { MenuItem, Popover } from "@/ui/Menu";
import { PageLink, scopeOnly } from "@/ui/PageLink";
import type { RowFacts } from "@/ui/row-menu";
import { TextFilter } from "@/ui/TextFilter";
import { useDefer } from "@/ui/useDefer";
import { type KeyHelp, useKeys } from "@/ui/useKeys";
import { VirtualTable } from "@/ui/VirtualTable";
import "./explore.css";
import "./metrics.css";
import { kindOf } from "./Finder";
import { MetricPanel } from "./MetricPanel";

const TYPING_MS = 200;
const TYPES = ["", "counter", "gauge", "histogram", "summary", "unknown"].map((value) => ({
  value,
  label: value || "All types",
}));
const SORTS: readonly { value: MetricSort; label: string }[] = [
  { value: "name", label: "by name" },
  { value: "series", label: "most series first" },
  { value: "silent", label: "silent ones first" },
];

/** Every metric of the project: what it is, who sends it, how much of it there is. */
export function MetricsPage(): ReactNode {
  const scope = useScope();
  const [search, change] = useSearchState();
  const [text, setText] = useState(search.q ?? "");
  const [asked, setAsked] = useState(search.q ?? "");
  // The address changes by other ways than typing too: the row menu, a link, going back.
  if (asked !== (search.q ?? "")) {
    setAsked(search.q ?? "");
    setText(search.q ?? "");
  }
  const filter = {
    text: useDefer(text.trim(), TYPING_MS),
    type: search.type ?? "",
    sort: SORTS.find(({ value }) => value === search.sort)?.value ?? "name",
  };
  const pages = useMetricList(scope.project.id, filter);
  const list = pages.value;
  const chosen = search.sel ?? "";
  const choose = (metric: string): void => change({ sel: metric === chosen ? undefined : metric });
  const names = list.state === "ready" ? list.data.metrics.map((one) => one.metric) : [];
  const factsOf = useMetricFacts(choose);
  useKeys(useListKeys(names, chosen), METRIC_KEYS);
  if (list.state === "empty")
    return (
      <div className="page">
        <SendFirst scope={scope} title="Send the first metric" brings="metrics" />
      </div>
    );
  return (
    <div className="page catalogue">
      <div className={chosen ? "catalogue-split open" : "catalogue-split"}>
        <section className="panel" aria-label="Metrics">
          <TextFilter
            label="Find a metric"
            placeholder="Part of the name or of the help"
            text={text}
            onText={(next) => {
              setText(next);
              change({ q: next || undefined }, true);
            }}
          >
            <span className="faint s nowrap" aria-live="polite">
              {list.state === "ready" ? foundText(list.data) : ""}
            </span>
            <Choice
              label="Type"
              value={filter.type}
              options={TYPES}
              onChoose={(type) => change({ type: type || undefined })}
            />
            <Choice
              label="Order"
              value={filter.sort}
              options={SORTS}
              onChoose={(sort) => change({ sort: sort === "name" ? undefined : sort })}
            />
          </TextFilter>
          <Async value={list} empty={null} skeleton={<SkeletonRows rows={16} height={44} />}>
            {(data) =>
              data.total === 0 ? (
                <Nothing
                  onClear={() => {
                    setText("");
                    change({ q: undefined, type: undefined });
                  }}
                />
              ) : (
                <VirtualTable
                  label="Metrics"
                  head={<Head />}
                  total={data.total}
                  rows={data.metrics}
                  rowHeight={44}
                  className="metrics"
                  rowClass={(one) => (one.metric === chosen ? "chosen" : undefined)}
                  onNear={pages.hasMore && !pages.isLoadingMore ? pages.loadMore : undefined}
                  rowKey={(one) => one.metric}
                  rowFacts={factsOf}
                >
                  {(one) => (
                    <Row
                      metric={one}
                      zone={scope.zone}
                      isChosen={one.metric === chosen}
                      onChoose={() => choose(one.metric)}
                    />
                  )}
                </VirtualTable>
              )
            }
          </Async>
        </section>
        {chosen ? (
          <MetricPanel
            key={chosen}
            metric={chosen}
            scope={scope}
            onClose={() => change({ sel: undefined })}
          />
        ) : null}
      </div>
    </div>
  );
}

const foundText = ({ total, of, series }: MetricList): string =>
  `${total < of ? `${count(total)} of ` : ""}${count(of)} metrics, ${compact(series)} series`;

function Choice<T extends string>({
  label,
  value,
  options,
  onChoose,
}: {
  label: string;
  value: T;
  options: readonly { value: T; label: string }[];
  onChoose: (value: T) => void;
}): ReactNode {
  const shown = options.find((one) => one.value === value)?.label ?? value;
  return (
    <Popover
      align="end"
      label={`${label}: ${shown}`}
      button={
        <>
          {shown} <Icon name="down" small />
        </>
      }
    >
      {(close) =>
        options.map((one) => (
          <MenuItem
            key={one.value}
            chosen={one.value === value}
            onChoose={() => {
              close();
              onChoose(one.value);
            }}
          >
            {one.label}
          </MenuItem>
        ))
      }
    </Popover>
  );
}

const METRIC_KEYS: KeyHelp = [
  ["J  K", "Next, previous metric"],
  ["Enter  E", "Open the metric in Explore"],
  [".", "Menu of the metric"],
  ["Esc", "Close the metric"],
];

/** The panel beside the list follows the keys; `E` takes its metric to Explore. */
function useListKeys(names: readonly string[], chosen: string): Record<string, () => void> {
  const [, change] = useSearchState();
  const explore = useExplore();
  const move = (by: number): void => {
    const at = names.indexOf(chosen);
    const next = names[Math.min(Math.max(at + by, 0), names.length - 1)];
    if (next === undefined) return;
    change({ sel: next }, true);
    requestAnimationFrame(() =>
      document.querySelector("tr.chosen")?.scrollIntoView({ block: "nearest" }),
    );
  };
  return {
    j: () => move(1),
    k: () => move(-1),
    Enter: () => (chosen ? explore(chosen) : undefined),
    e: () => (chosen ? explore(chosen) : undefined),
    Escape: () => change({ sel: undefined }, true),
  };
}

function useExplore(): (metric: string) => void {
  const { org } = useScope();
  const navigate = useNavigate();
  return (metric) =>
    void navigate({
      to: `/o/${org.slug}/explore`,
      search: (old: SearchMap) => ({ ...scopeOnly(old), "p0.expr": metric }),
    });
}

/** What the menu of a metric offers. */
function useMetricFacts(onChoose: (metric: string) => void): (metric: Metric) => RowFacts {
  const [, change] = useSearchState();
  return ({ metric, type }) => ({
    name: metric,
    page: { to: "explore", search: { "p0.expr": metric } },
    onPeek: () => onChoose(metric),
    terms: [
      { label: `names with ${prefixOf(metric)}`, onFilter: () => change({ q: prefixOf(metric) }) },
      ...(type ? [{ label: `type ${type}`, onFilter: () => change({ type }) }] : []),
    ],
    copies: [{ label: "name", text: metric }],
  });
}

/** What metrics of one library or exporter begin with: `http_` of `http_requests_total`. */
const prefixOf = (metric: string): string => /^[^_:]+[_:]/.exec(metric)?.[0] ?? metric;

function Head(): ReactNode {
  return (
    <>
      <th scope="col">Metric</th>
      <th scope="col" className="only-l">
        Type
      </th>
      <th scope="col" className="only-l">
        Sent by
      </th>
      <th scope="col" className="num">
        Series
      </th>
      <th scope="col" className="num only-l">
        Samples a day
      </th>
      <th scope="col" className="num only-l">
        Last sample
      </th>
    </>
  );
}

interface RowProps {
  metric: Metric;
  zone: string;
  isChosen: boolean;
  onChoose: () => void;
}

function Row({ metric, zone, isChosen, onChoose }: RowProps): ReactNode {
  return (
    <>
      <td className="catalogue-name">
        <button type="button" className="mono trunc" aria-expanded={isChosen} onClick={onChoose}>
          {metric.metric}
        </button>
        {metric.help ? <span className="muted s trunc">{metric.help}</span> : null}
      </td>
      <td className="muted s only-l">{kindOf(metric) || "unknown"}</td>
      <td className="muted s only-l" title={metric.jobs.join(", ")}>
        {metric.jobs.join(", ") || "–"}
      </td>
      <td className="num">{compact(metric.series)}</td>
      <td className="num muted only-l">
        {metric.samples_per_day === null ? "–" : compact(Math.round(metric.samples_per_day))}
      </td>
      <td className={metric.is_exact ? "num muted s only-l" : "num warn s only-l"}>
        <Ago atMs={metric.last_ms} zone={zone} />
      </td>
    </>
  );
}

function Nothing({ onClear }: { onClear: () => void }): ReactNode {
  return (
    <div className="state">
      <p>No metric matches.</p>
      <span className="row">
        <Button onClick={onClear}>Clear the filters</Button>
        <PageLink to="settings/sources" className="link">
          Send another metric
        </PageLink>
      </span>
    </div>
  );
}
