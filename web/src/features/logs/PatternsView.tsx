import { Fragment, type ReactNode, useState } from "react";
import { type LogFilter, type LogPattern, useLogPatterns } from "@/api/logs";
import { type Scope, useSearchState } from "@/api/scope";
import { Sparkline } from "@/charts/Sparkline";
import { REFUSED_SEARCH } from "@/lib/search-terms";
import { moment } from "@/lib/time";
import { compact, count, percent } from "@/lib/units";
import { Ago } from "@/ui/Ago";
import { Async, SkeletonRows } from "@/ui/Async";
import { Checkbox } from "@/ui/controls";
import { Tag } from "@/ui/Panel";
import { SeverityGlyph } from "@/ui/SeverityGlyph";
import { NoLines } from "./NoLines";
import { withoutColors } from "./terms";

/** Lines that say the same as one row each, the commonest first; new ones are marked. */
export function PatternsView({ scope, filter }: { scope: Scope; filter: LogFilter }): ReactNode {
  const { value, refreshing } = useLogPatterns(scope.project.id, filter);
  const [onlyNew, setOnlyNew] = useState(false);
  return (
    <section className="panel open" aria-label="Patterns">
      {refreshing ? <div className="progress" /> : null}
      <Async
        value={value}
        empty={null}
        quiet={REFUSED_SEARCH}
        skeleton={<SkeletonRows rows={14} height={44} />}
      >
        {(data) => {
          const news = data.patterns.filter((one) => one.is_new);
          const shown = onlyNew ? news : data.patterns;
          if (data.patterns.length === 0) return <NoLines scope={scope} filter={filter} />;
          return (
            <>
              <div className="ph patterns-head">
                <h2>Patterns</h2>
                <span className="faint s trunc">
                  {count(data.patterns_total)} in {compact(data.total)} lines
                  {data.counted < data.total ? `, from ${compact(data.counted)} of them` : ""}
                </span>
                <span className="row more">
                  <Checkbox
                    label={`Only new (${count(news.length)}), since ${moment(data.since_ms, scope.zone, Date.now())}`}
                    checked={onlyNew}
                    onChange={setOnlyNew}
                  />
                </span>
              </div>
              <table className="t patterns" aria-label="Patterns">
                <thead>
                  <tr>
                    <th scope="col" className="num">
                      Lines
                    </th>
                    <th scope="col" className="only-l">
                      Share
                    </th>
                    <th scope="col">Pattern</th>
                    <th scope="col" className="only-l">
                      Trend
                    </th>
                    <th scope="col" className="num only-l">
                      Last
                    </th>
                  </tr>
                </thead>
                <tbody>
                  {shown.map((one) => (
                    <Row key={one.ids.join(" ")} pattern={one} scope={scope} />
                  ))}
                </tbody>
              </table>
              {shown.length === 0 ? <p className="state">No pattern is new.</p> : null}
            </>
          );
        }}
      </Async>
    </section>
  );
}

function Row({ pattern, scope }: { pattern: LogPattern; scope: Scope }): ReactNode {
  const [, change] = useSearchState();
  const isBad = pattern.severity === "error" || pattern.severity === "fatal";
  return (
    <tr>
      <td className="num m">{compact(pattern.lines)}</td>
      <td className="only-l">
        <span className="share">
          <span className="bar">
            <i style={{ width: `${pattern.share * 100}%` }} />
          </span>
          <span className="faint s">{percent(pattern.share)}</span>
        </span>
      </td>
      <td>
        <button
          type="button"
          className="pattern-cell"
          title={pattern.example ? withoutColors(pattern.example.body).slice(0, 500) : "Its lines"}
          onClick={() => change({ tab: undefined, q: pattern.search })}
        >
          <SeverityGlyph severity={pattern.severity} />
          <span className="stack-2">
            <span className="row pattern-text">
              <span className="mono trunc">
                <Template text={withoutColors(pattern.template)} />
              </span>
              {pattern.is_new ? <Tag tone="info">New</Tag> : null}
            </span>
            <span className="faint s trunc">{pattern.services.join(", ") || "no service"}</span>
          </span>
        </button>
      </td>
      <td className="only-l">
        <Sparkline
          values={pattern.spark}
          kind="bars"
          hot={isBad}
          label={`${compact(pattern.lines)} lines in the range`}
        />
      </td>
      <td className="num only-l muted">
        <Ago atMs={pattern.last_ms} zone={scope.zone} kind="bare" />
      </td>
    </tr>
  );
}

/** `<*>` stands where the lines differ. */
function Template({ text }: { text: string }): ReactNode {
  return text.split("<*>").map((part, i) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: parts of one text never move.
    <Fragment key={i}>
      {i > 0 ? <i className="wild">*</i> : null}
      {part}
    </Fragment>
  ));
}
