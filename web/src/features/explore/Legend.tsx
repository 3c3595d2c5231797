import { Fragment, type MouseEvent, type ReactNode, useMemo, useState } from "react";
import { count, showText, type Unit } from "@/lib/units";
import { type RowFacts, rowMenu } from "@/ui/row-menu";
import { type Labels, type Look, type Numbers, type SortKey, sortRows } from "./series";

export interface LegendRow extends Numbers {
  readonly name: string;
  /** Only what tells it from its neighbours. */
  readonly short: string;
  /** Its mark in the address. */
  readonly key: string;
  readonly labels: Labels;
  readonly look: Look;
  readonly values: readonly (number | null)[];
}

const MOST_ROWS = 200;
const NUMBERS: readonly (keyof Numbers)[] = ["last", "min", "mean", "max"];

export const HEADS: Record<keyof Numbers, string> = {
  last: "Last",
  min: "Min",
  mean: "Mean",
  max: "Max",
};

interface LegendProps {
  rows: readonly LegendRow[];
  unit: Unit;
  isShown: (row: LegendRow) => boolean;
  onToggle: (row: LegendRow, isHide: boolean) => void;
}

/** Every series with its numbers; a click isolates, Ctrl click hides. */
export function Legend({ rows, unit, isShown, onToggle }: LegendProps): ReactNode {
  const { sorted, head } = useSorted(rows);
  return (
    <>
      <table className="t legend">
        <thead>
          <tr>
            {head("name", "Series")}
            {NUMBERS.map((key) => (
              <Fragment key={key}>{head(key, HEADS[key])}</Fragment>
            ))}
          </tr>
        </thead>
        <tbody>
          {sorted.slice(0, MOST_ROWS).map((row) => (
            <tr
              key={row.name}
              className={isShown(row) ? undefined : "off"}
              {...rowMenu(() => factsOf(row, onToggle))}
            >
              <td>
                <button
                  type="button"
                  className="nm series-name"
                  aria-pressed={isShown(row)}
                  title={`${row.name}\nClick: only this one. Ctrl click: hide it.`}
                  onClick={(event: MouseEvent) => onToggle(row, event.ctrlKey || event.metaKey)}
                >
                  <i
                    className="swatch"
                    style={{ background: `var(--${row.look.color})` }}
                    aria-hidden="true"
                  />
                  <span className="mono">{row.name}</span>
                </button>
              </td>
              {NUMBERS.map((key) => (
                <td key={key} className={isWideOnly(key) ? "num only-l muted" : "num"}>
                  {showText(row[key], unit)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      <Cut shown={MOST_ROWS} of={rows.length} />
    </>
  );
}

/** What the menu of a series offers. */
const factsOf = (row: LegendRow, onToggle: LegendProps["onToggle"]): RowFacts => ({
  name: row.name,
  acts: [
    { label: "Only this series", run: () => onToggle(row, false) },
    { label: "Hide or show it", run: () => onToggle(row, true) },
  ],
  copies: [
    { label: "series", text: row.name },
    ...Object.entries(row.labels)
      .filter(([name]) => name !== "__name__")
      .map(([name, value]) => ({ label: `${name}="${value}"`, text: `${name}="${value}"` })),
  ],
});

export const isWideOnly = (key: SortKey): boolean => key === "min" || key === "mean";

/** Says how many rows are left out. */
export function Cut({ shown, of }: { shown: number; of: number }): ReactNode {
  if (of <= shown) return null;
  return (
    <p className="pad faint s">
      {shown} of {count(of)} series; aggregate or name more labels to see others.
    </p>
  );
}

/** Rows in the chosen order, and heads that choose it. */
export function useSorted(rows: readonly LegendRow[]): {
  sorted: readonly LegendRow[];
  head: (key: SortKey, label: string) => ReactNode;
} {
  const [sort, setSort] = useState<{ key: SortKey; isUp: boolean }>({ key: "last", isUp: false });
  const sorted = useMemo(() => sortRows(rows, sort.key, sort.isUp), [rows, sort]);
  const choose = (key: SortKey): void =>
    setSort((old) => ({ key, isUp: old.key === key ? !old.isUp : key === "name" }));
  const head = (key: SortKey, label: string): ReactNode => (
    <th
      scope="col"
      className={[key !== "name" && "num", isWideOnly(key) && "only-l"].filter(Boolean).join(" ")}
      aria-sort={sort.key === key ? (sort.isUp ? "ascending" : "descending") : undefined}
    >
      <button type="button" onClick={() => choose(key)}>
        {label}
        <span aria-hidden="true">{sort.key === key ? (sort.isUp ? " ↑" : " ↓") : ""}</span>
      </button>
    </th>
  );
  return { sorted, head };
}
