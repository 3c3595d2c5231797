import { lazy, type ReactNode, Suspense, useEffect, useMemo, useState } from "react";
import { type Scope, usePreference, useSearchState } from "@/api/scope";
import type { Trace } from "@/api/traces";
import { writePreference } from "@/lib/preferences";
import { duration, percent } from "@/lib/units";
import { Button, Checkbox, Switch } from "@/ui/controls";
import { useDefer } from "@/ui/useDefer";
import { useKeys } from "@/ui/useKeys";
import { serviceColors, toMs } from "./colors";
import { type Drawing, drawingOf, matchesOf } from "./drawing";
import { Minimap } from "./Minimap";
import { SpanPanel } from "./SpanPanel";
import type { Stretch } from "./tree";
import { Waterfall } from "./Waterfall";

const FlameView = lazy(() => import("./FlameView").then((one) => ({ default: one.FlameView })));
const StatisticsView = lazy(() =>
  import("./StatisticsView").then((one) => ({ default: one.StatisticsView })),
);

const VIEWS = [
  { value: "waterfall", label: "Waterfall" },
  { value: "flame", label: "Flame" },
  { value: "statistics", label: "Statistics" },
] as const;
type View = (typeof VIEWS)[number]["value"];

/** The spans as waterfall, flame or table, with the chosen one beside them. */
export function TraceViews({ trace, scope }: { trace: Trace; scope: Scope }): ReactNode {
  const [search, change] = useSearchState();
  const view: View = VIEWS.find((one) => one.value === search.view)?.value ?? "waterfall";
  const isCritical = usePreference("critical-path") === "on";
  const colors = useMemo(() => serviceColors(trace.services.map((one) => one.name)), [trace]);
  const drawing = useMemo(() => drawingOf(trace, colors), [trace, colors]);
  const [domain, setDomain] = useState<Stretch | null>(null);
  const [only, setOnly] = useState<string | null>(null);
  const find = useFind(drawing, search.q ?? "");
  const chosen = useMemo(
    () => trace.spans.span_id.indexOf(search.span ?? "-"),
    [trace, search.span],
  );
  const choose = (row: number): void => {
    const id = trace.spans.span_id[row];
    change({ span: row < 0 || trace.spans.is_missing[row] ? undefined : id }, true);
  };
  useKeys({ p: () => writePreference("critical-path", isCritical ? "off" : "on") });
  const shown = domain ?? drawing.extent;
  return (
    <div className={chosen >= 0 ? "trace-body open" : "trace-body"}>
      <section className="panel trace-panel" aria-label="Spans">
        <div className="trace-tools">
          <Switch
            label="Show as"
            value={view}
            options={VIEWS}
            onChange={(next) => change({ view: next === "waterfall" ? undefined : next })}
          />
          <FindField find={find} onGo={choose} />
          <span className="grow" />
          <Checkbox
            label={<span title="P">Critical path</span>}
            checked={isCritical}
            onChange={(on) => writePreference("critical-path", on ? "on" : "off")}
          />
        </div>
        <Legend trace={trace} colors={colors} only={only} onOnly={setOnly} />
        {view === "statistics" ? null : (
          <Minimap
            drawing={drawing}
            domain={shown}
            isWhole={domain === null}
            onDomain={setDomain}
          />
        )}
        <Suspense fallback={<div className="trace-wait" aria-busy="true" />}>
          {view === "waterfall" ? (
            <Waterfall
              drawing={drawing}
              domain={shown}
              isCritical={isCritical}
              only={only}
              matches={find.set}
              chosen={chosen}
              onChoose={choose}
              onNextMatch={(by) => find.go(by, choose)}
            />
          ) : null}
          {view === "flame" ? (
            <FlameView
              drawing={drawing}
              domain={domain}
              onDomain={setDomain}
              isCritical={isCritical}
              only={only}
              matches={find.set}
              chosen={chosen}
              onChoose={choose}
            />
          ) : null}
          {view === "statistics" ? <StatisticsView trace={trace} colors={colors} /> : null}
        </Suspense>
      </section>
      {chosen >= 0 ? (
        <SpanPanel
          key={search.span}
          trace={trace}
          drawing={drawing}
          row={chosen}
          scope={scope}
          onClose={() => choose(-1)}
          onZoom={(stretch) => setDomain(stretch)}
        />
      ) : null}
    </div>
  );
}

interface Find {
  readonly text: string;
  readonly setText: (text: string) => void;
  /** Rows that match; null while nothing is searched. */
  readonly set: ReadonlySet<number> | null;
  readonly at: number;
  readonly total: number;
  readonly go: (by: number, choose: (row: number) => void) => void;
}

const TYPING_MS = 120;

/** Find in the trace; the text is part of the address. */
function useFind(drawing: Drawing, q: string): Find {
  const [, change] = useSearchState();
  const [text, setText] = useState(q);
  const [at, setAt] = useState(-1);
  const settled = useDefer(text, TYPING_MS);
  // biome-ignore lint/correctness/useExhaustiveDependencies: only what was typed is told.
  useEffect(() => {
    if (settled !== q) change({ q: settled || undefined }, true);
    setAt(-1);
  }, [settled]);
  const rows = useMemo(() => matchesOf(drawing, settled), [drawing, settled]);
  const set = useMemo(() => (rows === null ? null : new Set(rows)), [rows]);
  const go = (by: number, choose: (row: number) => void): void => {
    if (rows === null || rows.length === 0) return;
    const next = (at + by + rows.length + (at < 0 && by < 0 ? 1 : 0)) % rows.length;
    setAt(next);
    choose(rows[next] ?? -1);
  };
  return { text, setText, set, at, total: rows?.length ?? 0, go };
}

function FindField({ find, onGo }: { find: Find; onGo: (row: number) => void }): ReactNode {
  return (
    <span className="trace-find">
      <input
        data-filter
        className="in"
        type="search"
        aria-label="Find in the trace"
        placeholder="Find in the trace"
        value={find.text}
        onChange={(event) => find.setText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== "Enter") return;
          event.preventDefault();
          find.go(event.shiftKey ? -1 : 1, onGo);
        }}
      />
      <span className="faint s nowrap" aria-live="polite">
        {find.set === null ? (
          <kbd className="only-l">/</kbd>
        ) : (
          `${find.at >= 0 ? `${find.at + 1} of ` : ""}${find.total}`
        )}
      </span>
      {find.set !== null && find.total > 0 ? (
        <span className="row">
          <Button small icon="left" aria-label="Previous match" onClick={() => find.go(-1, onGo)} />
          <Button small icon="right" aria-label="Next match" onClick={() => find.go(1, onGo)} />
        </span>
      ) : null}
    </span>
  );
}

interface LegendProps {
  trace: Trace;
  colors: ReadonlyMap<string, string>;
  only: string | null;
  onOnly: (service: string | null) => void;
}

const MOST_SERVICES = 12;

/** The services with their share of the time; a click dims all others. */
function Legend({ trace, colors, only, onOnly }: LegendProps): ReactNode {
  const all = trace.services.reduce((sum, one) => sum + one.self_ns, 0);
  const sorted = [...trace.services].sort((a, b) => b.self_ns - a.self_ns);
  return (
    <ul className="trace-legend" aria-label="Services">
      {sorted.slice(0, MOST_SERVICES).map((one) => (
        <li key={one.name}>
          <button
            type="button"
            aria-pressed={only === one.name}
            title={`${one.spans} spans, ${duration(toMs(one.self_ns))} of their own`}
            onClick={() => onOnly(only === one.name ? null : one.name)}
          >
            <i
              className="swatch"
              style={{ background: `var(--${colors.get(one.name) ?? "prev"})` }}
              aria-hidden="true"
            />
            {one.name || "no service"}
            <span className="faint">
              {all > 0 ? percent(one.self_ns / all).replace(/\.\d+ /, " ") : ""}
            </span>
          </button>
        </li>
      ))}
      {sorted.length > MOST_SERVICES ? (
        <li className="faint s">and {sorted.length - MOST_SERVICES} more</li>
      ) : null}
    </ul>
  );
}
