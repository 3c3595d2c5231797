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
  /** How many changes wait while the page is held still; null while it follows. */
  readonly held: number | null;
}

let status: LiveStatus = { state: "connecting", lostMs: null, held: null };
const watchers = new Set<() => void>();

function tell(next: Partial<LiveStatus>): void {
  status = { ...status, ...next };
  for (const watcher of watchers) watcher();
}

function say(state: LiveState): void {
  if (state === status.state) return;
  tell({ state, lostMs: state === "reconnecting" ? (status.lostMs ?? Date.now()) : null });
}

export const isHeld = (): boolean => status.held !== null;

const waiting = new Set<Topic>();
let catchUp: (topics: readonly Topic[]) => void = () => undefined;

/** Holds the page still while changes are counted, or lets it catch up with them. */
export function toggleHold(): void {
  if (status.held === null) {
    if (status.state !== "paused") tell({ held: 0 });
    return;
  }
  const topics = [...waiting];
  waiting.clear();
  tell({ held: null });
  if (topics.length > 0) catchUp(topics);
}

/** Passes a change on, or counts it while the page is held. data: as the server sends it. */
export function arrive(topic: Topic, data: string, pass: (topic: Topic) => void): void {
  if (status.held === null) {
    pass(topic);
    return;
  }
  waiting.add(topic);
  const { merged = 1 } = JSON.parse(data) as { merged?: number };
  tell({ held: status.held + merged });
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
    waiting.clear();
    tell({ held: null });
    if (!on) {
      say("paused");
      return;
    }
    const refresh = bySpacing((topics) => {
      void client.invalidateQueries({
        predicate: ({ queryKey }) => concerns(queryKey, projectId, topics),
      });
    });
    catchUp = refresh.now;
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
      if ((attempt > 0 || status.state === "reconnecting") && status.held === null) onBack();
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
    for (const topic of TOPICS) {
      source.addEventListener(topic, ({ data }) => arrive(topic, data, refresh));
    }
  };
  say("connecting");
  open();
  return () => {
    clearTimeout(timer);
    refresh.stop();
    source?.close();
  };
}
