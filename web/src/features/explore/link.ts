/** The queries of the address, and links of Prometheus's own page. */
import { parseDuration, shortest } from "@/lib/time";

export interface Query {
  readonly expr: string;
  /** Milliseconds; null: chosen by the range. */
  readonly stepMs: number | null;
  readonly isOff: boolean;
  /** Keys of series (`seriesKey`): the only ones drawn, or those that are not. */
  readonly only: readonly string[];
  readonly hidden: readonly string[];
}

type Search = Readonly<Record<string, string>>;
export type Patch = Record<string, string | undefined>;

export const newQuery = (expr = ""): Query => ({
  expr,
  stepMs: null,
  isOff: false,
  only: [],
  hidden: [],
});

const OURS = /^p(\d+)\.(expr|step|off|only|hide)$/;
const THEIRS = /^g(\d+)\.(\w+)$/;

/** `p0.expr`, `p0.step`, … in order and without holes; at least one. */
export function queriesOf(search: Search): Query[] {
  const numbers = new Set<number>();
  for (const key of Object.keys(search)) {
    const hit = OURS.exec(key);
    if (hit?.[2] === "expr") numbers.add(Number(hit[1]));
  }
  if (numbers.size === 0) return [newQuery()];
  return [...numbers]
    .sort((a, b) => a - b)
    .map((n) => ({
      expr: search[`p${n}.expr`] ?? "",
      stepMs: stepOf(search[`p${n}.step`]),
      isOff: search[`p${n}.off`] === "1",
      only: list(search[`p${n}.only`]),
      hidden: list(search[`p${n}.hide`]),
    }));
}

const list = (text: string | undefined): string[] => text?.split(",").filter(Boolean) ?? [];

/** Seconds, or a duration as people write it; null for `auto` and what is none. */
export function stepOf(text: string | undefined): number | null {
  if (!text) return null;
  const ms = /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : parseDuration(text);
  return ms !== null && ms >= 1000 ? Math.round(ms) : null;
}

/** The change of the address that puts these queries there, in place of those that are. */
export function queryPatch(search: Search, queries: readonly Query[]): Patch {
  const patch: Patch = {};
  for (const key of Object.keys(search)) if (OURS.test(key)) patch[key] = undefined;
  queries.forEach((query, i) => {
    const set = (name: string, value: string): void => {
      if (value !== "") patch[`p${i}.${name}`] = value;
    };
    set("expr", query.expr);
    // A place that is kept for a query still to be written.
    if (query.expr === "" && queries.length > 1) patch[`p${i}.expr`] = " ";
    set("step", query.stepMs === null ? "" : shortest(query.stepMs));
    set("off", query.isOff ? "1" : "");
    set("only", query.only.join(","));
    set("hide", query.hidden.join(","));
  });
  return patch;
}

/** Whether the address is one of Prometheus's own page (`g0.expr=…`). */
export const isForeign = (search: Search): boolean =>
  Object.keys(search).some((key) => THEIRS.test(key));

/** The same view in our words: queries, step, range, table or graph. */
export function converted(search: Search): Patch {
  const patch: Patch = {};
  const panes = new Map<number, Record<string, string>>();
  for (const [key, value] of Object.entries(search)) {
    const hit = THEIRS.exec(key);
    if (!hit) continue;
    patch[key] = undefined;
    const pane = panes.get(Number(hit[1])) ?? {};
    pane[hit[2] ?? ""] = value;
    panes.set(Number(hit[1]), pane);
  }
  const sorted = [...panes].sort(([a], [b]) => a - b).map(([, pane]) => pane);
  const queries = sorted
    .filter((pane) => pane.expr)
    .map((pane) => ({ ...newQuery(pane.expr), stepMs: stepOf(pane.step_input) }));
  Object.assign(patch, queryPatch(search, queries));
  return { ...patch, ...rangeOf(sorted[0] ?? {}), ...tabOf(sorted[0] ?? {}) };
}

function rangeOf(pane: Record<string, string>): Patch {
  const length = parseDuration(pane.range_input ?? "");
  const end = Date.parse(`${(pane.end_input ?? pane.moment_input ?? "").replace(" ", "T")}Z`);
  if (Number.isNaN(end)) return length === null ? {} : { from: `now-${shortest(length)}` };
  const from = new Date(end - (length ?? 3_600_000)).toISOString();
  return { from, to: new Date(end).toISOString() };
}

function tabOf({ tab }: Record<string, string>): Patch {
  return tab === "1" || tab === "table" ? { tab: "table" } : {};
}

/** A short, stable mark of a series' name for the address. */
export function seriesKey(name: string): string {
  let state = 2166136261;
  for (let i = 0; i < name.length; i += 1)
    state = Math.imul(state ^ name.charCodeAt(i), 16777619) >>> 0;
  return state.toString(36);
}

/** Whether a series is drawn. */
export const isShown = ({ only, hidden }: Pick<Query, "only" | "hidden">, key: string): boolean =>
  only.length > 0 ? only.includes(key) : !hidden.includes(key);

/** A click: only this one; if it is the only one already, all again. */
export function isolated(query: Query, key: string): Query {
  const isAlone = query.only.length === 1 && query.only[0] === key;
  return { ...query, only: isAlone ? [] : [key], hidden: [] };
}

/** Ctrl click: hide it, or show it again. */
export function toggled(query: Query, key: string): Query {
  if (query.only.length > 0) {
    const only = query.only.includes(key)
      ? query.only.filter((one) => one !== key)
      : [...query.only, key];
    return { ...query, only };
  }
  const hidden = query.hidden.includes(key)
    ? query.hidden.filter((one) => one !== key)
    : [...query.hidden, key];
  return { ...query, hidden };
}
