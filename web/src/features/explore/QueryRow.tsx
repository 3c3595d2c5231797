import { lazy, type ReactNode, Suspense, useMemo } from "react";
import { curlOf, type NameSource, useExploreQuery } from "@/api/explore";
import { type Scope, usePreference } from "@/api/scope";
import { compact, duration } from "@/lib/units";
import { Button } from "@/ui/controls";
import { Glyph } from "@/ui/Glyph";
import { Icon } from "@/ui/Icon";
import { MenuItem, Popover } from "@/ui/Menu";
import { toast } from "@/ui/Toasts";
import { Finder } from "./Finder";
import { HISTORY_PREFERENCE, parseHistory } from "./history";
import { problemOf } from "./series";

const PromQLEditor = lazy(() =>
  import("./PromQLEditor").then((module) => ({ default: module.PromQLEditor })),
);

interface QueryRowProps {
  index: number;
  draft: string;
  /** What was run last. */
  run: string;
  names: NameSource;
  scope: Scope;
  onChange: (text: string) => void;
  /** Runs the draft, or the text given. */
  onRun: (text?: string) => void;
  onRemove: (() => void) | undefined;
}

/** One query: its field, what can be done with it, and its cost or what is wrong with it. */
export function QueryRow(props: QueryRowProps): ReactNode {
  const { index, draft, run, names, scope, onChange, onRun, onRemove } = props;
  const { value } = useExploreQuery(scope.project.id, run, scope.range);
  const failed = value.state === "failed" && draft === run ? value.failure : null;
  const message = failed?.message ?? null;
  const problem = useMemo(() => (message === null ? null : problemOf(message)), [message]);
  const cost = value.state === "ready" ? value.data.cost : null;
  const letter = String.fromCharCode(65 + index);
  return (
    <div className="query">
      <div className="query-line">
        <span className="query-letter faint" aria-hidden="true">
          {letter}
        </span>
        <Suspense fallback={<div className="promql waiting-editor mono faint">{draft}</div>}>
          <PromQLEditor
            label={`Query ${letter}, PromQL`}
            value={draft}
            names={names}
            problem={problem}
            onChange={onChange}
            onRun={() => onRun()}
          />
        </Suspense>
        <span className="query-tools">
          <Finder
            projectId={scope.project.id}
            onChoose={(name) => (draft.trim() === "" ? onRun(name) : onChange(`${draft}${name}`))}
          />
          <History onChoose={(text) => onRun(text)} />
          <More scope={scope} expr={draft} onRemove={onRemove} />
          <Button kind={draft === run ? "plain" : "primary"} onClick={() => onRun()}>
            Run <kbd className="only-l">Ctrl ⏎</kbd>
          </Button>
        </span>
      </div>
      <p className="cost s" aria-live="polite">
        {failed ? (
          <span className="crit row">
            <Glyph status="crit" label="" />
            {problem ? `Line ${problem.line}, column ${problem.column}: ${problem.text}` : message}
          </span>
        ) : cost ? (
          <span className="faint">
            {compact(cost.series)} series, {compact(cost.samples)} samples, {duration(cost.tookMs)}
            {cost.isPushedDown ? ", pushed down" : ""}
          </span>
        ) : null}
      </p>
    </div>
  );
}

function History({ onChoose }: { onChoose: (text: string) => void }): ReactNode {
  const all = parseHistory(usePreference(HISTORY_PREFERENCE));
  return (
    <Popover
      align="end"
      buttonClass="btn"
      reason={all.length === 0 ? "No query was run in this browser yet" : undefined}
      button={
        <>
          History <Icon name="down" small />
        </>
      }
    >
      {(close) =>
        all.slice(0, 20).map((text) => (
          <MenuItem
            key={text}
            onChoose={() => {
              close();
              onChoose(text);
            }}
          >
            <span className="mono trunc history-text" title={text}>
              {text}
            </span>
          </MenuItem>
        ))
      }
    </Popover>
  );
}

function More({
  scope,
  expr,
  onRemove,
}: {
  scope: Scope;
  expr: string;
  onRemove: (() => void) | undefined;
}): ReactNode {
  const copy = async (text: string): Promise<void> => {
    await navigator.clipboard.writeText(text).then(
      () => toast("Copied; set WATCHKEEPER_TOKEN to an API token"),
      () => toast("The browser did not allow copying", { status: "warn" }),
    );
  };
  return (
    <Popover align="end" buttonClass="btn icon" label="More" button={<Icon name="more" />}>
      {(close) => (
        <>
          <MenuItem
            onChoose={() => {
              close();
              void copy(curlOf(scope.project.id, expr, scope.range));
            }}
          >
            Copy as curl
          </MenuItem>
          {onRemove ? (
            <MenuItem
              onChoose={() => {
                close();
                onRemove();
              }}
            >
              Remove query
            </MenuItem>
          ) : null}
        </>
      )}
    </Popover>
  );
}
