import { type ReactNode, useRef, useState } from "react";
import { type LogFilter, useLogTail } from "@/api/logs";
import { type Scope, usePreference, useSearchState } from "@/api/scope";
import { compact, count, fixed } from "@/lib/units";
import { Waiting } from "@/ui/Async";
import { Button } from "@/ui/controls";
import { Tag } from "@/ui/Panel";
import { useKeys } from "@/ui/useKeys";
import { columnsOf } from "./columns";
import { Lines } from "./Lines";
import { WRAP } from "./Tools";
import { toggleTerm } from "./terms";

interface TailViewProps {
  scope: Scope;
  filter: LogFilter;
  onRun: (text: string) => void;
}

/** Lines as they arrive, the newest at the foot; scrolling up or opening one pauses. */
export function TailView({ scope, filter, onRun }: TailViewProps): ReactNode {
  const [search] = useSearchState();
  const tail = useLogTail(scope.project.id, filter.q, true);
  const [kept, setKept] = useState<number | null>(null);
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const isWrapped = usePreference(WRAP) === "on";
  const total = useTotal(tail.lines);
  const pause = (): void => setKept((old) => old ?? total);
  const resume = (): void => {
    setKept(null);
    setOpen(new Set());
  };
  const isPaused = kept !== null;
  const behind = isPaused ? total - kept : 0;
  const shown =
    behind > 0 ? tail.lines.slice(0, Math.max(0, tail.lines.length - behind)) : tail.lines;
  useKeys({ " ": () => (isPaused ? resume() : pause()) });
  return (
    <section className="panel log-panel tail" aria-label="Live tail">
      <div className="ph">
        <h2>{isPaused ? "Paused" : tail.state === "lost" ? "Reconnecting" : "Following"}</h2>
        <span className="faint s" aria-live="polite">
          {fixed(tail.rate, tail.rate < 10 ? 1 : 0)} lines/s
        </span>
        {tail.skipped > 0 ? (
          <Tag tone="warn" title="More arrived at once than can be read; all of them are stored">
            {compact(tail.skipped)} not shown
          </Tag>
        ) : null}
        <span className="row more">
          <Button small onClick={isPaused ? resume : pause} title="Space">
            {isPaused ? "Go on" : "Pause"}
          </Button>
        </span>
      </div>
      {tail.lines.length === 0 ? (
        <div className="pad tail-wait">
          <Waiting>
            {tail.state === "lost"
              ? "The connection was lost, trying again…"
              : filter.q
                ? "Waiting for a line that matches…"
                : "Waiting for the next line…"}
          </Waiting>
        </div>
      ) : (
        <Lines
          scope={scope}
          rows={shown}
          words={[]}
          columns={columnsOf(search.cols)}
          isWrapped={isWrapped}
          open={open}
          cursor={null}
          onToggle={(id) => {
            pause();
            setOpen((old) => (old.has(id) ? new Set() : new Set([id])));
          }}
          onTerm={(term) => onRun(toggleTerm(search.q ?? "", term))}
          isPinned={!isPaused}
          onPinned={(isPinned) => (isPinned ? undefined : pause())}
        />
      )}
      {behind > 0 ? (
        <button type="button" className="btn pri tail-new" onClick={resume}>
          {count(behind)} new
        </button>
      ) : null}
    </section>
  );
}

/** How many lines there were in all, also those that have left the list at its top. */
function useTotal(lines: readonly { id: string }[]): number {
  const seen = useRef<{ last: string; total: number }>({ last: "", total: 0 });
  const last = lines.at(-1)?.id ?? "";
  if (last !== seen.current.last) {
    const at = lines.findIndex((line) => line.id === seen.current.last);
    const fresh = at < 0 ? lines.length : lines.length - 1 - at;
    seen.current = { last, total: seen.current.total + fresh };
  }
  return seen.current.total;
}
