import { type ReactNode, useSyncExternalStore } from "react";
import { moment } from "@/lib/time";
import { coarse } from "@/lib/units";

const TICK_MS = 10_000;
let now = Date.now();
const watchers = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

function watch(watcher: () => void): () => void {
  watchers.add(watcher);
  timer ??= setInterval(() => {
    if (document.hidden) return;
    now = Date.now();
    for (const one of watchers) one();
  }, TICK_MS);
  return () => {
    watchers.delete(watcher);
    if (watchers.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

/** The present, to the nearest 10 s; components that read it follow it. */
export function useNow(): number {
  return useSyncExternalStore(watch, () => {
    if (watchers.size === 0) now = Math.max(now, Math.floor(Date.now() / TICK_MS) * TICK_MS);
    return now;
  });
}

interface AgoProps {
  atMs: number;
  zone: string;
  /** "20 min ago" or, for what goes on, "for 20 min". */
  kind?: "ago" | "for" | "bare";
}

/** An age; the instant with its zone is in the tooltip. */
export function Ago({ atMs, zone, kind = "ago" }: AgoProps): ReactNode {
  const current = Math.max(useNow(), atMs);
  const age = coarse(current - atMs);
  const text = kind === "ago" ? `${age} ago` : kind === "for" ? `for ${age}` : age;
  return (
    <time
      dateTime={new Date(atMs).toISOString()}
      title={moment(atMs, zone, current)}
      className="nowrap"
    >
      {text}
    </time>
  );
}
