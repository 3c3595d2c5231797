import { useNavigate } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { toggleHold } from "@/api/live";
import { type Scope, spanNow, useSetRange, useZoomBack } from "@/api/scope";
import { readPreference } from "@/lib/preferences";
import { shifted } from "@/lib/time";
import { scopeOnly } from "@/ui/PageLink";
import { toast } from "@/ui/Toasts";
import { copyLink } from "./copying";
import { firstPath, rooms } from "./rooms";
import { toggleLive } from "./ScopeBar";

/** Layers that a key opens. */
export type Command = "palette" | "help" | "range" | "compare";

const CHORD_MS = 1_200;

/** Page-wide keys. Single letters are off in fields, and altogether by preference (WCAG 2.1.4). */
export function useShortcuts(scope: Scope, run: (command: Command) => void): void {
  const navigate = useNavigate();
  const setRange = useSetRange();
  const chord = useRef(0);
  const latest = useRef<(event: KeyboardEvent) => void>(() => undefined);
  latest.current = (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      run("palette");
      return;
    }
    if (!isPlain(event)) return;
    const isChord = Date.now() - chord.current < CHORD_MS;
    chord.current = 0;
    const room = isChord
      ? rooms.find((one) => one.letter.toLowerCase() === event.key.toLowerCase())
      : undefined;
    if (room) {
      void navigate({
        to: `/o/${scope.org.slug}/${firstPath(room)}`,
        search: (old: Record<string, string>) => scopeOnly(old),
      });
      return;
    }
    const act = actions[event.key === "C" ? "copy" : event.key];
    if (act === undefined) return;
    event.preventDefault();
    act();
  };
  const zoomBack = useZoomBack();
  const shift = (direction: 1 | -1): void =>
    setRange(shifted(spanNow(scope.range), direction, Date.now()));
  const actions: Record<string, () => void> = {
    g: () => {
      chord.current = Date.now();
    },
    "?": () => run("help"),
    "/": () => document.querySelector<HTMLElement>("[data-filter]")?.focus(),
    t: () => run("range"),
    "[": () => shift(-1),
    "]": () => shift(1),
    z: () => {
      if (!zoomBack()) toast("Nothing is zoomed. Drag over a chart to zoom in");
    },
    v: () => run("compare"),
    l: toggleLive,
    " ": toggleHold,
    copy: () => void copyLink(scope),
  };
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => latest.current(event);
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, []);
}

const FIELDS = "input, textarea, select, [contenteditable=true], .pop";

function isPlain(event: KeyboardEvent): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return false;
  if (readPreference("keys") === "off" || document.querySelector("dialog[open]")) return false;
  const target = event.target;
  const own = event.key === " " ? `${FIELDS}, button, summary, [role]` : FIELDS;
  return !(target instanceof HTMLElement) || !target.closest(own);
}
