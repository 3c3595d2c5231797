import { useNavigate } from "@tanstack/react-router";
import { type KeyboardEvent, type ReactNode, useEffect, useId, useRef, useState } from "react";
import { useIssueSearch } from "@/api/issue-search";
import { useInstant } from "@/api/metrics";
import { useMetricNames } from "@/api/names";
import { useProjectChoice, useProjects } from "@/api/project-choice";
import { type Scope, useScope, useSetRange } from "@/api/scope";
import { useSignOut } from "@/api/session";
import { rankBy } from "@/lib/fuzzy";
import { chooseTheme } from "@/lib/preferences";
import { PRESETS, parseRange, rangeLabel } from "@/lib/time";
import { showText } from "@/lib/units";
import type { SearchMap } from "@/lib/url-state";
import { Icon, type IconName } from "@/ui/Icon";
import { scopeOnly } from "@/ui/PageLink";
import { useDefer } from "@/ui/useDefer";
import { pageKeys } from "@/ui/useKeys";
import { copyLink } from "./copying";
import { EVERYWHERE } from "./keys";
import { firstPath, rooms } from "./rooms";
import { toggleLive } from "./ScopeBar";

interface Entry {
  readonly id: string;
  readonly group: string;
  readonly label: string;
  readonly icon: IconName;
  readonly end?: string;
  readonly run: () => void;
}

interface PaletteProps {
  onClose: () => void;
  onHelp: () => void;
}

/** One field for places, issues, traces by id, actions (`>`) and PromQL (`=`). */
export function Palette({ onClose, onHelp }: PaletteProps): ReactNode {
  const ref = useRef<HTMLDialogElement>(null);
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const listId = useId();
  const entries = useEntries(text, onHelp);
  useEffect(() => ref.current?.showModal(), []);
  const chosen = Math.min(at, entries.length - 1);
  const run = (entry: Entry | undefined): void => {
    if (entry === undefined) return;
    ref.current?.close();
    entry.run();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === "Enter") run(entries[chosen]);
    if (step === undefined || entries.length === 0) return;
    event.preventDefault();
    setAt((chosen + step + entries.length) % entries.length);
  };
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape closes it already; this is the press outside.
    <dialog
      ref={ref}
      className="dialog palette"
      aria-label="Find or run"
      onClose={onClose}
      onClick={(event) => (event.target === ref.current ? ref.current?.close() : undefined)}
    >
      <input
        role="combobox"
        aria-expanded="true"
        aria-controls={listId}
        aria-activedescendant={entries[chosen] ? `${listId}-${chosen}` : undefined}
        aria-label="Find or run"
        placeholder="Pages, issues, metrics, a trace id, 6h; > actions, = PromQL, ? keys"
        autoComplete="off"
        spellCheck={false}
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          setAt(0);
        }}
        onKeyDown={onKeyDown}
      />
      <Entries id={listId} entries={entries} chosen={chosen} onRun={run} onPoint={setAt} />
    </dialog>
  );
}

interface EntriesProps {
  id: string;
  entries: readonly Entry[];
  chosen: number;
  onRun: (entry: Entry) => void;
  onPoint: (at: number) => void;
}

function Entries({ id, entries, chosen, onRun, onPoint }: EntriesProps): ReactNode {
  return (
    <div id={id} role="listbox" aria-label="Results" className="results">
      {entries.length === 0 ? <p className="group">Nothing is called that.</p> : null}
      {entries.map((entry, i) => (
        <div key={entry.id} role="presentation">
          {entry.group !== entries[i - 1]?.group ? (
            <div className="group" aria-hidden="true">
              {entry.group}
            </div>
          ) : null}
          {/* biome-ignore lint/a11y/useFocusableInteractive: as above. */}
          {/* biome-ignore lint/a11y/useKeyWithClickEvents: Enter in the field runs it. */}
          <div
            id={`${id}-${i}`}
            role="option"
            aria-selected={i === chosen}
            onClick={() => onRun(entry)}
            onPointerMove={() => (i === chosen ? undefined : onPoint(i))}
            ref={
              i === chosen ? (element) => element?.scrollIntoView({ block: "nearest" }) : undefined
            }
          >
            <Icon name={entry.icon} />
            <span className="trunc">{entry.label}</span>
            {entry.end ? <span className="end s nowrap">{entry.end}</span> : null}
          </div>
        </div>
      ))}
    </div>
  );
}

const MOST_LOCAL = 12;

function useEntries(text: string, onHelp: () => void): Entry[] {
  const scope = useScope();
  const go = useGo(scope);
  const places = usePlaces(scope);
  const actions = useActions(scope, onHelp);
  const words = useDefer(text, 120);
  const isSearch = !/^[=>?]/.test(text);
  const issues = useIssueEntries(scope, isSearch ? words : "");
  const values = useValueEntries(scope, words.startsWith("=") ? words.slice(1) : "");
  const metrics = useMetricEntries(scope, isSearch ? words : "");
  const range = useRangeEntry(scope, text);
  const traceId = traceIdIn(text);
  if (traceId !== null) return [traceEntry(traceId, go)];
  if (text.startsWith("=")) return values;
  if (text.startsWith(">")) return rankBy(text.slice(1), actions, (one) => one.label);
  if (text.startsWith("?")) return keyEntries(text.slice(1), onHelp);
  if (range !== null) return [range];
  const local = rankBy(text, [...places, ...actions], (one) => one.label).slice(0, MOST_LOCAL);
  // Members of a group stand together; the group of the best hit comes first.
  const groups = [...new Set(local.map((one) => one.group))];
  const grouped = groups.flatMap((group) => local.filter((one) => one.group === group));
  const found = [...issues, ...metrics];
  return /^[a-z]+-\d+$/i.test(text) ? [...found, ...grouped] : [...grouped, ...found];
}

const MOST_METRICS = 6;

/** Metrics by a part of their name; those that begin with it come first. */
function useMetricEntries(scope: Scope, words: string): Entry[] {
  const go = useGo(scope);
  const found = useMetricNames(scope.project.id, words.trim());
  return found.slice(0, MOST_METRICS).map((name) => ({
    id: `metric ${name}`,
    group: "Metrics",
    label: name,
    icon: "explore",
    run: () => go("explore", { "p0.expr": name }),
  }));
}

/** A range as it is typed into the range control: `6h`, `yesterday`, `09:34–10:34`. */
function useRangeEntry(scope: Scope, text: string): Entry | null {
  const setRange = useSetRange();
  const range = /\d|day/.test(text) ? parseRange(text, Date.now(), scope.zone) : null;
  if (range === null) return null;
  const { lead, detail } = rangeLabel(range, Date.now(), scope.zone);
  return {
    id: "range",
    group: "Time range",
    label: lead === "Range" ? detail : `${lead}, ${detail}`,
    icon: "explore",
    run: () => setRange(range),
  };
}

/** The keys of the page, then those of everywhere; any of them opens the whole list. */
function keyEntries(words: string, onHelp: () => void): Entry[] {
  const all = [...pageKeys(), ...EVERYWHERE].map(
    ([keys, does]): Entry => ({
      id: `? ${keys} ${does}`,
      group: "Keys",
      label: does,
      icon: "help",
      end: keys.replaceAll(/ +/g, " "),
      run: onHelp,
    }),
  );
  return rankBy(words, all, (one) => one.label);
}

/** A pasted trace id: 32 hex digits, or the middle of a `traceparent`. */
function traceIdIn(text: string): string | null {
  const hit = /^(?:[0-9a-f]{2}-)?([0-9a-f]{32})(?:-[0-9a-f]{16}-[0-9a-f]{2})?$/i.exec(text.trim());
  return hit?.[1]?.toLowerCase() ?? null;
}

const traceEntry = (id: string, go: ReturnType<typeof useGo>): Entry => ({
  id: `trace ${id}`,
  group: "Traces",
  label: `Trace ${id.slice(0, 8)}`,
  icon: "trace",
  run: () => go(`traces/${id}`),
});

function useGo(scope: Scope): (path: string, search?: SearchMap) => void {
  const navigate = useNavigate();
  return (path, search = {}) =>
    void navigate({
      to: `/o/${scope.org.slug}/${path}`,
      search: (old: SearchMap) => ({ ...scopeOnly(old), ...search }),
    });
}

function usePlaces(scope: Scope): Entry[] {
  const go = useGo(scope);
  const choose = useProjectChoice();
  const all = useProjects();
  const pages = rooms.flatMap((room): Entry[] => [
    {
      id: room.id,
      group: "Pages",
      label: room.label,
      icon: room.icon,
      end: `G ${room.letter}`,
      run: () => go(firstPath(room)),
    },
    ...(room.places ?? []).map((place) => ({
      id: `${room.id} ${place.label}`,
      group: "Pages",
      label: `${room.label}: ${place.label}`,
      icon: room.icon,
      run: () => go(place.path, place.search),
    })),
  ]);
  const projects = all.map(
    ({ project }): Entry => ({
      id: `project ${project.id}`,
      group: "Projects",
      label: project.name,
      icon: "data",
      run: () => choose(project.id),
    }),
  );
  return [...pages, ...projects];
}

function useActions(scope: Scope, onHelp: () => void): Entry[] {
  const signOut = useSignOut();
  const setRange = useSetRange();
  const act = (label: string, icon: IconName, run: () => void, end?: string): Entry => ({
    id: `> ${label}`,
    group: "Actions",
    label,
    icon,
    run,
    ...(end ? { end } : {}),
  });
  return [
    act("Copy link to this page", "link", () => void copyLink(scope), "Shift C"),
    act("Live on or off", "play", toggleLive, "L"),
    ...PRESETS.map((one) =>
      act(`Range: ${one.label}`, "explore", () => setRange({ from: one.from, to: "now" })),
    ),
    act("Dark theme", "settings", () => chooseTheme("dark")),
    act("Light theme", "settings", () => chooseTheme("light")),
    act("Theme of the system", "settings", () => chooseTheme("system")),
    act("Keys", "help", onHelp, "?"),
    act("Sign out", "user", () => signOut.mutate()),
  ];
}

function useIssueEntries(scope: Scope, words: string): Entry[] {
  const go = useGo(scope);
  const found = useIssueSearch(scope.project.id, words);
  return found.map((issue) => ({
    id: issue.short_id,
    group: "Issues",
    label: `${issue.short_id} ${issue.title}`,
    icon: "error",
    end: issue.status,
    run: () => go(`errors/${issue.short_id}`),
  }));
}

const MOST_VALUES = 20;

function useValueEntries(scope: Scope, expr: string): Entry[] {
  const go = useGo(scope);
  const answer = useInstant(scope.project.id, expr);
  const open = (): void => go("explore", { "p0.expr": expr });
  const line = (label: string, end?: string): Entry => ({
    id: `= ${label}`,
    group: "PromQL, now",
    label,
    icon: "explore",
    run: open,
    ...(end ? { end } : {}),
  });
  if (expr.trim() === "") return [line("Write an expression, such as =sum(up)")];
  if (answer.state === "loading") return [line("Evaluating")];
  if (answer.state === "failed") return [line(answer.failure.message)];
  if (answer.state === "empty") return [line("No series answer it now")];
  return answer.data
    .slice(0, MOST_VALUES)
    .map((one) => line(labelText(one.labels), showText(one.value)));
}

function labelText(labels: Readonly<Record<string, string>>): string {
  const { __name__: name = "", ...rest } = labels;
  const pairs = Object.entries(rest).map(([key, value]) => `${key}="${value}"`);
  return pairs.length > 0 ? `${name}{${pairs.join(", ")}}` : name || "value";
}
