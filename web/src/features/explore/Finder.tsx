import { type ReactNode, useState } from "react";
import { type Metric, useMetricSearch } from "@/api/catalogue";
import { useInstant } from "@/api/metrics";
import { compact, showText } from "@/lib/units";
import { Ago } from "@/ui/Ago";
import { Async } from "@/ui/Async";
import { Icon } from "@/ui/Icon";
import { Popover } from "@/ui/Menu";
import { PageLink } from "@/ui/PageLink";
import { useDefer } from "@/ui/useDefer";
import { selectorOf } from "./suggest";

interface FinderProps {
  projectId: number;
  zone: string;
  onChoose: (name: string) => void;
}

const TYPING_MS = 120;

/** Every metric with its type, unit, help, and the last value of the one in focus. */
export function Finder(props: FinderProps): ReactNode {
  return (
    <Popover
      kind="dialog"
      align="end"
      buttonClass="btn"
      button={
        <>
          Metrics <Icon name="down" small />
        </>
      }
    >
      {(close) => (
        <Found
          {...props}
          onChoose={(name) => {
            close();
            props.onChoose(name);
          }}
        />
      )}
    </Popover>
  );
}

/** "counter, seconds"; nothing where nothing was declared. */
export const kindOf = ({ type, unit }: Pick<Metric, "type" | "unit">): string =>
  [type === "unknown" ? "" : type, unit].filter(Boolean).join(", ");

function Found({ projectId, zone, onChoose }: FinderProps): ReactNode {
  const [text, setText] = useState("");
  const [seen, setSeen] = useState<Metric | null>(null);
  const metrics = useMetricSearch(projectId, useDefer(text.trim(), TYPING_MS));
  return (
    <div className="finder">
      <input
        className="in"
        type="search"
        aria-label="Find a metric"
        placeholder="Part of the name or of the help"
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      <Async value={metrics} empty={null} minHeight={200}>
        {(found) => (
          <>
            <ul className="finder-list">
              {found.map((one) => (
                <li key={one.metric}>
                  <button
                    type="button"
                    onClick={() => onChoose(selectorOf(one.metric))}
                    onFocus={() => setSeen(one)}
                    onPointerEnter={() => setSeen(one)}
                  >
                    <span className="mono trunc">{one.metric}</span>
                    <span className="faint s nowrap">{kindOf(one)}</span>
                    {one.help ? <span className="muted s trunc help">{one.help}</span> : null}
                  </button>
                </li>
              ))}
            </ul>
            {found.length === 0 ? <p className="muted s foot">No metric has that.</p> : null}
          </>
        )}
      </Async>
      <div className="finder-foot s">
        {seen ? (
          <LastValue key={seen.metric} projectId={projectId} metric={seen} zone={zone} />
        ) : (
          <span className="faint">Point at a metric to see its last value.</span>
        )}
        <span className="grow" />
        <PageLink to="explore/metrics" className="link">
          All metrics
        </PageLink>
      </div>
    </div>
  );
}

function LastValue({
  projectId,
  metric,
  zone,
}: {
  projectId: number;
  metric: Metric;
  zone: string;
}): ReactNode {
  const name = useDefer(metric.metric, TYPING_MS);
  const values = useInstant(projectId, `topk(1, ${selectorOf(name)})`);
  const series = `${compact(metric.series)} series`;
  if (!metric.is_exact)
    return (
      <span className="muted">
        {series}, silent <Ago atMs={metric.last_ms} zone={zone} kind="for" />
      </span>
    );
  const first = values.state === "ready" ? values.data[0] : undefined;
  return (
    <span className="muted">
      {series}
      {first ? `, ${metric.series > 1 ? "largest" : "last"} ` : ""}
      {first ? <b className="m">{showText(first.value, metric.unit)}</b> : null}
      {", "}
      <Ago atMs={metric.last_ms} zone={zone} />
    </span>
  );
}
