import { Fragment, type MouseEvent, type ReactNode, useMemo, useState } from "react";
import type { ExploreAnswer } from "@/api/explore";
import { type Scope, useSetRange } from "@/api/scope";
import { ChartPanel } from "@/charts/ChartPanel";
import { count, duration, showText, type Unit } from "@/lib/units";
import { Glyph } from "@/ui/Glyph";
import { Tag } from "@/ui/Panel";
import { type Look, looksOf, type Numbers, numbersOf, seriesName, unitOf } from "./series";

interface AnswerProps {
  expr: string;
  answer: ExploreAnswer;
  scope: Scope;
  isTable: boolean;
  isRefreshing: boolean;
  /** How many answers share the page. */
  share: number;
}

export interface LegendRow extends Numbers {
  readonly name: string;
  readonly look: Look;
  readonly values: readonly (number | null)[];
}

const MOST_DRAWN = 40;
const MOST_ROWS = 200;

/** The chart and its legend, or the table; series can be isolated and hidden. */
export function Answer(props: AnswerProps): ReactNode {
  const { expr, answer, scope, isTable, isRefreshing, share } = props;
  const setRange = useSetRange();
  const unit = unitOf(expr);
  const rows = useRows(answer);
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const shown = rows.filter((row) => !hidden.has(row.name));
  const drawn = useMemo(() => biggest(shown), [shown]);
  const toggle = (name: string, isHide: boolean): void =>
    setHidden((old) => (isHide ? toggled(old, name) : isolated(old, rows, name)));
  const height = Math.max(180, Math.round((window.innerHeight * 0.5) / share));
  return (
    <div className="answer">
      {isRefreshing ? <div className="progress" /> : null}
      {isTable ? null : (
        <ChartPanel
          className="explore-chart"
          head={<Head answer={answer} expr={expr} drawn={drawn.length} of={rows.length} />}
          title={expr}
          unit={unit}
          timesMs={answer.timesMs}
          stepMs={answer.stepMs}
          series={drawn.map((row) => ({
            label: row.name,
            values: row.values,
            color: row.look.color,
            dash: row.look.dash,
          }))}
          span={answer.span}
          zone={scope.zone}
          height={height}
          fromZero={false}
          syncKey="explore"
          onZoom={setRange}
        />
      )}
      <section className="panel scroll-x" aria-label={isTable ? "Values" : "Legend"}>
        <Legend rows={rows} unit={unit} hidden={hidden} onToggle={toggle} isTable={isTable} />
      </section>
    </div>
  );
}

function useRows({ series }: ExploreAnswer): readonly LegendRow[] {
  return useMemo(() => {
    const names = series.map((one) => seriesName(one.labels));
    const looks = looksOf(names);
    return series.map((one, i) => ({
      name: names[i] ?? "",
      look: looks[i] ?? { color: "c1", dash: [] },
      values: one.values,
      ...numbersOf(one.values),
    }));
  }, [series]);
}

/** As many as can be told apart, the largest first to be kept. */
function biggest(rows: readonly LegendRow[]): readonly LegendRow[] {
  if (rows.length <= MOST_DRAWN) return rows;
  const kept = new Set([...rows].sort((a, b) => (b.max ?? 0) - (a.max ?? 0)).slice(0, MOST_DRAWN));
  return rows.filter((row) => kept.has(row));
}

function toggled(old: ReadonlySet<string>, name: string): ReadonlySet<string> {
  const next = new Set(old);
  if (!next.delete(name)) next.add(name);
  return next;
}

/** Only this one; if it is the only one already, all again. */
export function isolated(
  old: ReadonlySet<string>,
  rows: readonly { name: string }[],
  name: string,
): ReadonlySet<string> {
  const isAlone = !old.has(name) && old.size === rows.length - 1;
  return isAlone ? new Set() : new Set(rows.map((row) => row.name).filter((one) => one !== name));
}

function Head({
  answer,
  expr,
  drawn,
  of,
}: {
  answer: ExploreAnswer;
  expr: string;
  drawn: number;
  of: number;
}): ReactNode {
  return (
    <div className="ph answer-head">
      <h2 className="mono trunc" title={expr}>
        {expr}
      </h2>
      <span className="faint s nowrap only-l">step {duration(answer.stepMs)}</span>
      {drawn < Math.min(of, MOST_DRAWN) || of > MOST_DRAWN ? (
        <Tag>
          {count(drawn)} of {count(of)} drawn
        </Tag>
      ) : null}
      {answer.warnings.map((text) => (
        <Tag tone="warn" key={text} title={text}>
          <Glyph status="warn" label="" />
          <span className="trunc warning-text">{text}</span>
        </Tag>
      ))}
    </div>
  );
}

type SortKey = "name" | keyof Numbers;
const NUMBERS: readonly (keyof Numbers)[] = ["last", "min", "mean", "max"];

interface LegendProps {
  rows: readonly LegendRow[];
  unit: Unit;
  hidden: ReadonlySet<string>;
  isTable: boolean;
  onToggle: (name: string, isHide: boolean) => void;
}

function Legend({ rows, unit, hidden, isTable, onToggle }: LegendProps): ReactNode {
  const [sort, setSort] = useState<{ key: SortKey; isUp: boolean }>({ key: "last", isUp: false });
  const sorted = useMemo(() => sortRows(rows, sort.key, sort.isUp), [rows, sort]);
  const choose = (key: SortKey): void =>
    setSort((old) => ({ key, isUp: old.key === key ? !old.isUp : key === "name" }));
  const head = (key: SortKey, label: string): ReactNode => (
    <th
      scope="col"
      className={[key !== "name" && "num", (key === "min" || key === "mean") && "only-l"]
        .filter(Boolean)
        .join(" ")}
      aria-sort={sort.key === key ? (sort.isUp ? "ascending" : "descending") : undefined}
    >
      <button type="button" onClick={() => choose(key)}>
        {label}
        <span aria-hidden="true">{sort.key === key ? (sort.isUp ? " ↑" : " ↓") : ""}</span>
      </button>
    </th>
  );
  return (
    <>
      <table className="t legend">
        <thead>
          <tr>
            {head("name", "Series")}
            {NUMBERS.map((key) => (
              <Fragment key={key}>{head(key, key)}</Fragment>
            ))}
          </tr>
        </thead>
        <tbody>
          {sorted.slice(0, MOST_ROWS).map((row) => (
            <tr key={row.name} className={hidden.has(row.name) ? "off" : undefined}>
              <td>
                <button
                  type="button"
                  className="nm series-name"
                  aria-pressed={!hidden.has(row.name)}
                  title={`${row.name}\nClick: only this one. Ctrl click: hide it.`}
                  onClick={(event: MouseEvent) =>
                    onToggle(row.name, event.ctrlKey || event.metaKey)
                  }
                >
                  {isTable ? null : (
                    <i
                      className="swatch"
                      style={{ background: `var(--${row.look.color})` }}
                      aria-hidden="true"
                    />
                  )}
                  <span className="mono">{row.name}</span>
                </button>
              </td>
              {NUMBERS.map((key) => (
                <td
                  key={key}
                  className={key === "min" || key === "mean" ? "num only-l muted" : "num"}
                >
                  {showText(row[key], unit)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length > MOST_ROWS ? (
        <p className="pad faint s">
          {MOST_ROWS} of {count(rows.length)} series; aggregate or name more labels to see others.
        </p>
      ) : null}
    </>
  );
}

export function sortRows<Row extends Numbers & { name: string }>(
  rows: readonly Row[],
  key: SortKey,
  isUp: boolean,
): Row[] {
  const sign = isUp ? 1 : -1;
  return [...rows].sort((a, b) => {
    if (key === "name") return a.name < b.name ? -sign : sign;
    const [one, other] = [a[key], b[key]];
    if (one === null || other === null) return one === other ? 0 : one === null ? 1 : -1;
    return (one - other) * sign;
  });
}
