import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useSyncExternalStore } from "react";
import type { Topic } from "./types";

const TOPICS: readonly Topic[] = [
  "samples",
  "issues",
  "alerts",
  "targets",
  "logs",
  "spans",
  "envelopes",
  "setup",
];
/** A busy topic is fetched again at most this often (ms). */
const SPACING_MS = 1_000;
/** Spans and lines are stored in cuts of up to 0.8 s, and people wait for their own: half of that is soon enough. */
const SOON_MS = 400;
const SOON: ReadonlySet<Topic> = new Set<Topic>(["spans", "logs"]);
const BACKOFF_MS = [1_000, 2_000, 5_000, 10_000];

export type LiveState = "connecting" | "connected" | "reconnecting" | "paused";

interface LiveStatus {
  readonly state: LiveState;
  /** When the connection was lost; null while it is there. */
  readonly lostMs: number | null;
}

let status: LiveStatus = { state: "connecting", lostMs: null };
const watchers = new Set<() => void>();

function say(state: LiveState): void {
  if (state === status.state) return;
  status = { state, lostMs: state === "reconnecting" ? (status.lostMs ?? Date.now()) : null };
  for (const watcher of watchers) watcher();
}

/** The connection, for the dot in the scope bar. */
export function useLiveStatus(): LiveStatus {
  return useSyncExternalStore(
    (watcher) => {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
    () => status,
  );
}

/** Listens to a project's events; whatever names their topic is fetched again within a second. */
export function useLive(projectId: number, on: boolean): void {
  const client = useQueryClient();
  useEffect(() => {
    if (!on) {
      say("paused");
      return;
    }
    const refresh = bySpacing((topics) => {
      void client.invalidateQueries({
        predicate: ({ queryKey }) => concerns(queryKey, projectId, topics),
      });
    });
    return listen(`/api/wk/projects/${projectId}/live`, refresh, () => refresh.now(TOPICS));
  }, [client, projectId, on]);
}

/** Whether a query key belongs to the project and names one of the topics. */
export function concerns(
  key: readonly unknown[],
  projectId: number,
  topics: ReadonlySet<Topic>,
): boolean {
  const [family, id, named] = key;
  if (family !== "project" || id !== projectId || !Array.isArray(named)) return false;
  return named.some((topic) => topics.has(topic as Topic));
}

interface Refresh {
  (topic: Topic): void;
  now: (topics: readonly Topic[]) => void;
  stop: () => void;
}

/** Collects topics: the first is passed on at once, the rest together after the spacing. */
export function spaced(
  pass: (topics: ReadonlySet<Topic>) => void,
  spacingMs = SPACING_MS,
): Refresh {
  let waiting = new Set<Topic>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const flush = (): void => {
    timer = undefined;
    if (waiting.size === 0) return;
    const topics = waiting;
    waiting = new Set();
    timer = setTimeout(flush, spacingMs);
    pass(topics);
  };
  const refresh = (topic: Topic): void => {
    waiting.add(topic);
    if (timer === undefined) flush();
  };
  return Object.assign(refresh, {
    now: (topics: readonly Topic[]) => pass(new Set(topics)),
    stop: () => clearTimeout(timer),
  });
}

/** As `spaced`, with topics that people wait for sooner. */
export function bySpacing(pass: (topics: ReadonlySet<Topic>) => void): Refresh {
  const usual = spaced(pass);
  const soon = spaced(pass, SOON_MS);
  const refresh = (topic: Topic): void => (SOON.has(topic) ? soon : usual)(topic);
  return Object.assign(refresh, {
    now: usual.now,
    stop: () => {
      usual.stop();
      soon.stop();
    },
  });
}

function listen(url: string, refresh: Refresh, onBack: () => void): () => void {
  let source: EventSource | undefined;
  let attempt = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const open = (): void => {
    source = new EventSource(url);
    source.onopen = () => {
      if (attempt > 0 || status.state === "reconnecting") onBack();
      attempt = 0;
      say("connected");
    };
    source.onerror = () => {
      say("reconnecting");
      // The browser tries again by itself unless the server refused; then it is up to us.
      if (source?.readyState !== EventSource.CLOSED) return;
      timer = setTimeout(open, BACKOFF_MS[Math.min(attempt, BACKOFF_MS.length - 1)]);
      attempt += 1;
    };
    for (const topic of TOPICS) source.addEventListener(topic, () => refresh(topic));
  };
  say("connecting");
  open();
  return () => {
    clearTimeout(timer);
    refresh.stop();
    source?.close();
  };
}
