import { type ReactNode, useMemo } from "react";
import { useRawAnswer } from "@/api/explore";
import { type Scope, spanNow } from "@/api/scope";
import { duration } from "@/lib/units";
import { Async, SkeletonRows } from "@/ui/Async";
import { CopyButton } from "@/ui/controls";
import { type Query, stepOf } from "./link";
import { isSelector } from "./promql";
import { type Labels, seriesName } from "./series";

const WINDOW = "10m";
const MOST_LINES = 2_000;

/** Samples as they are stored where the query is a selector; else the server's answer as it is. */
export function RawPane({ query, scope }: { query: Query; scope: Scope }): ReactNode {
  const expr = query.expr.trim();
  const isStored = isSelector(expr);
  // Fixed for the minute, so that a refresh does not ask anew all the time.
  const atMs = Math.floor(spanNow(scope.range).toMs / 60_000) * 60_000;
  const value = useRawAnswer(scope.project.id, isStored ? `${expr}[${WINDOW}]` : expr, atMs);
  return (
    <section className="panel" aria-label={`Raw answer to ${expr}`}>
      <div className="ph answer-head">
        <h2 className="mono trunc" title={expr}>
          {expr}
        </h2>
        <span className="faint s nowrap">
          {isStored
            ? `samples as stored, ${duration(stepOf(WINDOW) ?? 0)} up to the end of the range`
            : "at the end of the range"}
        </span>
      </div>
      <Async
        value={value}
        minHeight={320}
        skeleton={<SkeletonRows rows={12} height={20} />}
        empty={<p className="pad muted">Nothing is stored of it there.</p>}
      >
        {(data) => <Lines result={data} />}
      </Async>
    </section>
  );
}

function Lines({ result }: { result: { resultType: string; result: unknown } }): ReactNode {
  const lines = useMemo(() => linesOf(result.result), [result]);
  const text = lines.slice(0, MOST_LINES).join("\n");
  return (
    <figure className="snip raw" aria-label="Samples: series, value, time">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrollable region is reached by keyboard. */}
      <pre tabIndex={0}>
        <code>{text}</code>
      </pre>
      <span className="copy">
        <CopyButton text={text} />
      </span>
      {lines.length > MOST_LINES ? (
        <p className="pad faint s">
          {MOST_LINES} of {lines.length} lines.
        </p>
      ) : null}
    </figure>
  );
}

interface RawSample {
  readonly metric?: Labels;
  readonly value?: readonly [number, string];
  readonly values?: readonly (readonly [number, string])[];
}

/** One line a sample: series, value, time; what has another shape as JSON. */
export function linesOf(result: unknown): string[] {
  if (!Array.isArray(result)) return [JSON.stringify(result, null, 2)];
  if (!result.every((one) => typeof one === "object" && one !== null && "metric" in one))
    return [JSON.stringify(result, null, 2)];
  return (result as RawSample[]).flatMap((one) => {
    const name = seriesName(one.metric ?? {});
    const samples = one.values ?? (one.value ? [one.value] : []);
    if (samples.length === 0) return [`${name} ${JSON.stringify({ ...one, metric: undefined })}`];
    return samples.map(([at, value]) => `${name}  ${value}  ${new Date(at * 1000).toISOString()}`);
  });
}
