import { Fragment, type ReactNode } from "react";
import type { ExploreAnswer } from "@/api/explore";
import { showText } from "@/lib/units";
import { useRows } from "./GraphPane";
import { Cut, HEADS, isWideOnly, useSorted } from "./Legend";
import type { ResultProps } from "./Result";
import { type Numbers, varyingLabels } from "./series";

interface TablePaneProps extends ResultProps {
  answer: ExploreAnswer;
  unit: string;
  isRefreshing: boolean;
}

const MOST_ROWS = 500;
const MOST_LABELS = 6;
const NUMBERS: readonly (keyof Numbers)[] = ["last", "min", "mean", "max"];

/** A row for each series, a column for each label in which they differ. */
export function TablePane({
  answer,
  query,
  letter,
  unit,
  isRefreshing,
}: TablePaneProps): ReactNode {
  const rows = useRows(answer);
  const { sorted, head } = useSorted(rows);
  const varying = varyingLabels(rows.map((row) => row.labels)).slice(0, MOST_LABELS);
  const labels = varying.length > 0 ? varying : null;
  return (
    <section className="panel answer-table" aria-label={`Values of ${query.expr}`}>
      {isRefreshing ? <div className="progress" /> : null}
      <div className="ph answer-head">
        {letter ? <b className="m">{letter}</b> : null}
        <h2 className="mono trunc" title={query.expr}>
          {query.expr}
        </h2>
        {unit ? <span className="faint s">{unit}</span> : null}
      </div>
      <div className="scroll-x">
        <table className="t values">
          <thead>
            <tr>
              {labels
                ? labels.map((name) => (
                    <th scope="col" key={name}>
                      {name === "__name__" ? "metric" : name}
                    </th>
                  ))
                : head("name", "Series")}
              {NUMBERS.map((key) => (
                <Fragment key={key}>{head(key, HEADS[key])}</Fragment>
              ))}
            </tr>
          </thead>
          <tbody>
            {sorted.slice(0, MOST_ROWS).map((row) => (
              <tr key={row.name} title={row.name}>
                {labels ? (
                  labels.map((name) => (
                    <td key={name} className="mono">
                      {row.labels[name] ?? <span className="faint">–</span>}
                    </td>
                  ))
                ) : (
                  <td className="mono">{row.name}</td>
                )}
                {NUMBERS.map((key) => (
                  <td key={key} className={isWideOnly(key) ? "num only-l muted" : "num"}>
                    {showText(row[key], unit)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <Cut shown={MOST_ROWS} of={rows.length} />
    </section>
  );
}
