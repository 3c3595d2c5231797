import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useMemo, useSyncExternalStore } from "react";
import { browserZone, onPreference, readPreference } from "@/lib/preferences";
import {
  absolute,
  DEFAULT_RANGE,
  parseInstant,
  resolveRange,
  type Span,
  type TimeRange,
} from "@/lib/time";
import type { SearchMap } from "@/lib/url-state";
import { useSession } from "./session";
import type { Organisation, Project, Session } from "./types";

/** Where every page looks: project, environment, release, range and zone. The URL holds all of it. */
export interface Scope {
  readonly org: Organisation;
  readonly project: Project;
  /** null is "all environments". */
  readonly environment: string | null;
  readonly release: string | null;
  readonly range: TimeRange;
  /** IANA name; the one zone of the whole page. */
  readonly zone: string;
}

/** Parameters of the URL, and a way to change some of them. Filters push history, typing replaces. */
export function useSearchState(): [
  SearchMap,
  (patch: Partial<Record<string, string | undefined>>, replace?: boolean) => void,
] {
  const search = useSearch({ strict: false }) as SearchMap;
  const navigate = useNavigate();
  const change = (patch: Partial<Record<string, string | undefined>>, replace = false): void => {
    void navigate({ to: ".", search: (old: SearchMap) => without({ ...old, ...patch }), replace });
  };
  return [search, change];
}

function without(search: Partial<Record<string, string | undefined>>): SearchMap {
  const kept: Record<string, string> = {};
  for (const [key, value] of Object.entries(search))
    if (value !== undefined && value !== "") kept[key] = value;
  return kept;
}

/** The scope of a page under `/o/{org}`; only there. */
export function useScope(): Scope {
  const session = useSession();
  const { org: slug } = useParams({ strict: false }) as { org?: string };
  const search = useSearch({ strict: false }) as SearchMap;
  const preferredZone = usePreference("zone");
  return useMemo(() => {
    if (session.state !== "ready") throw new Error("useScope is for pages behind the session");
    return scopeOf(session.data, slug ?? "", search, preferredZone);
  }, [session, slug, search, preferredZone]);
}

export function scopeOf(
  session: Session,
  slug: string,
  search: SearchMap,
  preferredZone: string | null,
): Scope {
  const org =
    session.organisations.find((one) => one.slug === slug) ?? defaultOrganisation(session);
  const project =
    org && (org.projects.find((one) => one.slug === search.project) ?? defaultProject(org));
  if (org === undefined || project === undefined)
    throw new Error("No project in this organisation");
  const asked = { from: search.from ?? DEFAULT_RANGE.from, to: search.to ?? DEFAULT_RANGE.to };
  return {
    org,
    project,
    environment: search.env ?? null,
    release: search.release ?? null,
    range: resolveRange(asked, Date.now()) === null ? DEFAULT_RANGE : asked,
    zone: validZone(search.tz) ?? validZone(preferredZone) ?? browserZone(),
  };
}

/** The organisation to start in: one with a project that people made, before the server's own. */
export function defaultOrganisation(session: Session): Organisation | undefined {
  const { organisations } = session;
  return organisations.find((org) => org.projects.some((one) => !one.built_in)) ?? organisations[0];
}

/** The first project people made; the built-in one only where there is no other. */
export function defaultProject(org: Organisation): Project | undefined {
  return org.projects.find((one) => !one.built_in) ?? org.projects[0];
}

function validZone(zone: string | null | undefined): string | null {
  if (!zone) return null;
  try {
    new Intl.DateTimeFormat("en", { timeZone: zone });
    return zone;
  } catch {
    return null;
  }
}

/** The names of scope parameters in the URL that were not understood. */
export function droppedScope(session: Session, slug: string, search: SearchMap): string[] {
  const org = session.organisations.find((one) => one.slug === slug);
  const dropped: string[] = [];
  if (search.project && !org?.projects.some((one) => one.slug === search.project))
    dropped.push("project");
  for (const key of ["from", "to"] as const) {
    const text = search[key];
    if (text !== undefined && parseInstant(text, Date.now()) === null) dropped.push(key);
  }
  if (search.tz && validZone(search.tz) === null) dropped.push("tz");
  return dropped;
}

/** The instants of the scope's range, now. Call it when fetching, not when drawing. */
export function spanNow(range: TimeRange): Span {
  const now = Date.now();
  return resolveRange(range, now) ?? { fromMs: now - 21_600_000, toMs: now };
}

/** Sets the range, as text or by instants (a drag on a chart, which `useZoomBack` undoes). */
export function useSetRange(): (range: TimeRange | Span) => void {
  const [search, change] = useSearchState();
  return (range) => {
    if ("fromMs" in range) zooms.push({ from: search.from, to: search.to });
    else zooms.length = 0;
    change(rangePatch("fromMs" in range ? absolute(range) : range));
  };
}

/** Ranges as they were before each zoom since somebody last chose one. */
const zooms: { readonly from: string | undefined; readonly to: string | undefined }[] = [];

/** Goes back to the range before the last zoom; false if nothing was zoomed. */
export function useZoomBack(): () => boolean {
  const [, change] = useSearchState();
  return () => {
    const before = zooms.pop();
    if (before !== undefined) change({ from: before.from, to: before.to });
    return before !== undefined;
  };
}

/** The default range is left out of the address. */
const rangePatch = ({
  from,
  to,
}: TimeRange): Partial<Record<"from" | "to", string | undefined>> => ({
  from: from === DEFAULT_RANGE.from && to === "now" ? undefined : from,
  to: to === "now" ? undefined : to,
});

export function usePreference(name: string): string | null {
  return useSyncExternalStore(onPreference, () => readPreference(name));
}
