import { type ReactNode, useState } from "react";
import { useSearchState } from "@/api/scope";
import type { Pool, PoolTarget } from "@/api/targets";
import { Strip } from "@/charts/Strip";
import { compact, count, duration, percent } from "@/lib/units";
import { Ago } from "@/ui/Ago";
import { Glyph } from "@/ui/Glyph";
import { Icon } from "@/ui/Icon";
import { PageLink } from "@/ui/PageLink";
import { Panel, Tag } from "@/ui/Panel";
import { type RowFacts, rowMenu } from "@/ui/row-menu";
import { isSlow, STATUS } from "./pools";

const MOST = 100;

/** One scrape job: how many are up, and each target, those that are down first. */
export function PoolPanel({ pool, zone }: { pool: Pool; zone: string }): ReactNode {
  const [isAll, setAll] = useState(false);
  const [, change] = useSearchState();
  const shown = isAll ? pool.targets : pool.targets.slice(0, MOST);
  const of = pool.up + pool.down + pool.unknown;
  return (
    <Panel
      title={pool.job}
      note={`${count(pool.up)} of ${count(of)} up`}
      more={
        <>
          {pool.down > 0 ? <Tag tone="crit">{count(pool.down)} down</Tag> : null}
          {pool.unknown > 0 ? <Tag>{count(pool.unknown)} not scraped yet</Tag> : null}
          {pool.dropped > 0 ? <Tag>{count(pool.dropped)} dropped</Tag> : null}
        </>
      }
    >
      <ul className="pool">
        {shown.map((target) => (
          <Target
            key={`${target.url} ${target.instance}`}
            target={target}
            zone={zone}
            onFilter={(q) => change({ q })}
          />
        ))}
      </ul>
      {shown.length < pool.targets.length ? (
        <p className="pad">
          <button type="button" className="link" onClick={() => setAll(true)}>
            Show all {count(pool.targets.length)}
          </button>
        </p>
      ) : null}
    </Panel>
  );
}

/** What the menu of a target offers. */
const factsOf = (target: PoolTarget, onFilter: (text: string) => void): RowFacts => ({
  name: `Target ${target.instance}`,
  page: {
    to: "explore",
    search: { "p0.expr": `{instance=${JSON.stringify(target.instance)}}`, tab: "table" },
  },
  terms: Object.entries(target.labels)
    .filter(([name]) => name !== "instance")
    .slice(0, 4)
    .map(([name, value]) => ({ label: `${name} ${value}`, onFilter: () => onFilter(value) })),
  copies: [
    { label: "address", text: target.url },
    ...(target.last_error ? [{ label: "error", text: target.last_error }] : []),
  ],
});

function Target({
  target,
  zone,
  onFilter,
}: {
  target: PoolTarget;
  zone: string;
  onFilter: (text: string) => void;
}): ReactNode {
  const [isOpen, setOpen] = useState(false);
  const failed = target.strip.filter((ratio) => ratio !== null && ratio < 1).length;
  return (
    <li {...rowMenu(() => factsOf(target, onFilter))}>
      <button
        type="button"
        className="target-row"
        aria-expanded={isOpen}
        onClick={() => setOpen(!isOpen)}
      >
        <Glyph status={STATUS[target.health]} label={target.health} />
        <span className="target-name">
          <span className="m trunc">{target.instance}</span>
          <span className="faint s trunc only-l">{target.url}</span>
        </span>
        <span className="only-l">
          <Strip
            values={target.strip}
            label={
              failed === 0
                ? "no failures"
                : `failures in ${failed} of ${target.strip.length} slices`
            }
          />
        </span>
        <span className={target.health === "down" ? "num crit m" : "num"}>
          {target.up_ratio === null ? "–" : percent(target.up_ratio)}
        </span>
        <span className="num muted s only-l">
          {target.samples === null ? "–" : `${compact(target.samples)} samples`}
        </span>
        <span className={isSlow(target) ? "num s warn only-l" : "num s muted only-l"}>
          {target.duration_ms === null ? "–" : duration(target.duration_ms)}
        </span>
        <span className="num s muted">
          {target.last_scrape_ms === null ? (
            "never"
          ) : (
            <Ago atMs={target.last_scrape_ms} zone={zone} />
          )}
        </span>
        <Icon name={isOpen ? "down" : "right"} small />
      </button>
      {target.last_error ? <p className="target-note crit s">{target.last_error}</p> : null}
      {target.note ? (
        <p className="target-note warn s row">
          <Glyph status="warn" label="note" />
          {target.note}
        </p>
      ) : null}
      {isOpen ? <Details target={target} /> : null}
    </li>
  );
}

function Details({ target }: { target: PoolTarget }): ReactNode {
  return (
    <div className="target-details">
      <Labels title="Labels of its series" labels={target.labels} />
      <Labels title="Found as, before relabelling" labels={target.discovered_labels} />
      <p className="muted s">
        <a className="link mono" href={target.url} target="_blank" rel="noreferrer">
          {target.url}
        </a>
        , every {duration(target.interval_ms)}, given up after {duration(target.timeout_ms)}
        {isSlow(target) ? "; it takes more than half of that" : ""}.{" "}
        <PageLink
          to="explore"
          search={{ "p0.expr": `{instance=${JSON.stringify(target.instance)}}`, tab: "table" }}
          className="link"
        >
          Its series in Explore
        </PageLink>
      </p>
    </div>
  );
}

export function Labels({
  title,
  labels,
}: {
  title: string;
  labels: Readonly<Record<string, string>>;
}): ReactNode {
  return (
    <div>
      <h3 className="faint s">{title}</h3>
      <ul className="labels">
        {Object.entries(labels)
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([name, value]) => (
            <li className="mono" key={name}>
              <span className="muted">{name}</span>={value}
            </li>
          ))}
      </ul>
    </div>
  );
}
