import { lazy, type ReactNode, Suspense, useMemo, useState } from "react";
import { type Cost, useExploreQuery } from "@/api/explore";
import type { NameSource } from "@/api/names";
import type { Scope } from "@/api/scope";
import { compact, duration } from "@/lib/units";
import { Button } from "@/ui/controls";
import { Glyph } from "@/ui/Glyph";
import { Icon } from "@/ui/Icon";
import { Builder } from "./Builder";
import { Finder } from "./Finder";
import { Inspector } from "./Inspector";
import type { Query } from "./link";
import { parseForm } from "./promql";
import { History, More } from "./QueryMenus";
import { StepControl } from "./StepControl";
import { letterOf, noteOf, problemOf } from "./series";

const PromQLEditor = lazy(() =>
  import("./PromQLEditor").then((module) => ({ default: module.PromQLEditor })),
);

interface QueryRowProps {
  index: number;
  /** How many queries there are. */
  of: number;
  draft: string;
  /** What was run last. */
  query: Query;
  names: NameSource;
  scope: Scope;
  /** No further query fits on the page. */
  isFull: boolean;
  onChange: (text: string) => void;
  /** Runs the draft, or the text given. */
  onRun: (text?: string) => void;
  onSet: (patch: Partial<Query>) => void;
  onMove: (by: number) => void;
  onCopy: () => void;
  onRemove: (() => void) | undefined;
}

/** One query: its field or form, what can be done with it, and its cost or what is wrong with it. */
export function QueryRow(props: QueryRowProps): ReactNode {
  const { index, draft, query, names, scope, onChange, onRun } = props;
  const [isForm, setForm] = useState(false);
  const [isOpen, setOpen] = useState(false);
  const { value } = useExploreQuery(
    scope.project.id,
    { expr: query.expr, stepMs: query.stepMs, enabled: !query.isOff },
    scope.range,
  );
  const isRun = draft.trim() === query.expr.trim();
  const failed = value.state === "failed" && isRun ? value.failure : null;
  const message = failed?.message ?? null;
  const problem = useMemo(() => (message === null ? null : problemOf(message)), [message]);
  const form = isForm ? parseForm(draft) : null;
  const letter = letterOf(index);
  return (
    <div className={query.isOff ? "query off" : "query"}>
      <div className="query-line">
        <button
          type="button"
          className="query-letter"
          aria-pressed={!query.isOff}
          title={query.isOff ? `Switch query ${letter} on` : `Switch query ${letter} off`}
          onClick={() => props.onSet({ isOff: !query.isOff })}
        >
          {letter}
        </button>
        {form ? (
          <Builder
            form={form}
            projectId={scope.project.id}
            onChange={(text) => onChange(text)}
            onRun={(text) => onRun(text)}
          />
        ) : (
          <Suspense
            fallback={<div className="promql waiting-editor mono faint">{draft || " "}</div>}
          >
            <PromQLEditor
              label={`Query ${letter}, PromQL`}
              value={draft}
              names={names}
              problem={problem}
              onChange={onChange}
              onRun={() => onRun()}
            />
          </Suspense>
        )}
        <span className="query-tools">
          <Finder
            projectId={scope.project.id}
            zone={scope.zone}
            onChoose={(name) => (draft.trim() === "" ? onRun(name) : onChange(`${draft}${name}`))}
          />
          <History projectId={scope.project.id} onChoose={(text) => onRun(text)} />
          <More {...props} isForm={isForm} onForm={() => setForm(!isForm)} />
          <Button kind={isRun ? "plain" : "primary"} onClick={() => onRun()}>
            Run <kbd className="only-l">Ctrl ⏎</kbd>
          </Button>
        </span>
      </div>
      <div className="query-note s" aria-live="polite">
        {failed ? (
          <span className="crit row">
            <Glyph status="crit" label="" />
            {problem ? `Line ${problem.line}, column ${problem.column}: ${problem.text}` : message}
          </span>
        ) : query.isOff ? (
          <span className="faint">Switched off</span>
        ) : isForm && form === null ? (
          <span className="row">
            <span className="muted">This query is more than the form can say.</span>
            <button type="button" className="link" onClick={() => setForm(false)}>
              Back to text
            </button>
          </span>
        ) : value.state === "ready" ? (
          <>
            <button
              type="button"
              className="cost faint"
              aria-expanded={isOpen}
              onClick={() => setOpen(!isOpen)}
            >
              <Icon name={isOpen ? "down" : "right"} small />
              <span className="trunc">{costText(value.data.cost)}</span>
            </button>
            <Notes warnings={value.data.warnings} infos={value.data.infos} />
          </>
        ) : null}
        <span className="grow" />
        <StepControl query={query} scope={scope} onSet={props.onSet} />
      </div>
      {isOpen && value.state === "ready" ? <Inspector answer={value.data} /> : null}
    </div>
  );
}

/** "56 series, 41.1 k samples, 12 ms"; an answer that was still known read none. */
function costText({ series, samples, tookMs, isPushedDown }: Cost): string {
  const read = samples === 0 && series > 0 ? "from the cache" : `${compact(samples)} samples`;
  return `${compact(series)} series, ${read}, ${duration(tookMs)}${isPushedDown ? ", pushed down" : ""}`;
}

/** The first warning or info in a line; the inspector lists all of them. */
function Notes({
  warnings,
  infos,
}: {
  warnings: readonly string[];
  infos: readonly string[];
}): ReactNode {
  const first = warnings[0] ?? infos[0];
  if (first === undefined) return null;
  const note = noteOf(first);
  const more = warnings.length + infos.length - 1;
  return (
    <span
      className={warnings.length > 0 ? "notes row warn trunc" : "notes row muted trunc"}
      title={first}
    >
      <Glyph status={warnings.length > 0 ? "warn" : "info"} label="" />
      <span className="trunc">
        {"line" in note ? `${note.line}:${note.column} ` : ""}
        {note.text}
      </span>
      {more > 0 ? <span className="faint nowrap">and {more} more</span> : null}
    </span>
  );
}
