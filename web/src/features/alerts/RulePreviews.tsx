import type { ReactNode } from "react";
import type { RulePreview } from "@/api/alerts";
import { count, significant } from "@/lib/units";
import { Tag } from "@/ui/Panel";
import { labelText } from "./reading";

/** What each rule would compare right now; a rate also per hour, as people say it. */
export function RulePreviews({ previews }: { previews: readonly RulePreview[] }): ReactNode {
  // The room for a first rule is there before its values are, so that nothing moves.
  return (
    <section className="rule-previews" aria-label="Values now">
      <h3 className="s m">Now</h3>
      {previews.length === 0 ? (
        <p className="faint s">Values stand here once the file is right.</p>
      ) : null}
      <ul>
        {previews.map((one) => (
          <Preview key={`${one.line} ${one.alert}`} preview={one} />
        ))}
      </ul>
    </section>
  );
}

function Preview({ preview }: { preview: RulePreview }): ReactNode {
  const { values, limit, operator } = preview;
  return (
    <li className="rule-preview">
      <span className="row wrap">
        <b className="m">{preview.alert}</b>
        {limit === null ? null : (
          <span className="muted s">
            limit {operator} {significant(limit)}
            {preview.limit_per_hour === null
              ? ""
              : ` per second, ${significant(preview.limit_per_hour)} per hour`}
          </span>
        )}
        <span className="faint s">{seriesText(preview.series)}</span>
      </span>
      {values.map((value) => (
        <span className="row s" key={labelText(value.labels)}>
          {value.is_met ? <Tag tone="warn">would fire</Tag> : null}
          <span>
            <b className="m">{significant(value.value)}</b>
            {value.per_hour === null ? (
              ""
            ) : (
              <>
                {" "}
                per second, <b className="m">{significant(value.per_hour)}</b> per hour
              </>
            )}
          </span>
          <span className="mono faint trunc">{labelText(value.labels)}</span>
        </span>
      ))}
      {preview.error ? <span className="crit s">{preview.error}</span> : null}
    </li>
  );
}

const seriesText = (series: number): string =>
  series === 0 ? "selects nothing now" : `${count(series)} series`;
