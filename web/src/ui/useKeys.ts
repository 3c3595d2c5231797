import { useEffect, useRef } from "react";
import { readPreference } from "@/lib/preferences";

const CHORD_MS = 1_200;

/** Keys with what they do, as the dialog of `?` lists them: `["J  K", "Next, previous row"]`. */
export type KeyHelp = readonly (readonly [keys: string, does: string])[];

/** Of every list with a cursor (`useCursor`) and a row menu. */
export const LIST_KEYS: KeyHelp = [
  ["J  K", "Next, previous row"],
  ["Enter", "Open the row"],
  ["Shift  Enter", "Open it beside the list"],
  [".", "Menu of the row: filter to, exclude, copy"],
  ["Esc", "Close what is open beside"],
];

const helped = new Set<KeyHelp>();

/** What the parts that are on the page now said of their keys. */
export const pageKeys = (): KeyHelp => [...helped].flat();

/**
 * A page's own single-letter keys, by `event.key`. They are off in fields, in menus and dialogs, by
 * preference (WCAG 2.1.4), and for the letter after `G`, which goes to another page.
 * help: what `?` lists of them while they work; one constant, not made anew each time.
 */
export function useKeys(keys: Readonly<Record<string, () => void>>, help?: KeyHelp): void {
  const latest = useRef(keys);
  latest.current = keys;
  const chord = useRef(0);
  useEffect(() => {
    if (help === undefined) return;
    helped.add(help);
    return () => void helped.delete(help);
  }, [help]);
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (!isFree(event)) return;
      const isChord = Date.now() - chord.current < CHORD_MS;
      chord.current = event.key === "g" ? Date.now() : 0;
      const act = isChord ? undefined : latest.current[nameOf(event)];
      if (act === undefined || isTakenBy(event.target, event.key)) return;
      event.preventDefault();
      act();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, []);
}

function isFree(event: KeyboardEvent): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return false;
  if (readPreference("keys") === "off" || document.querySelector("dialog[open]")) return false;
  const target = event.target;
  return (
    !(target instanceof HTMLElement) ||
    !target.closest("input:not([type=checkbox]), textarea, select, [contenteditable=true], .pop")
  );
}

/** As in the tables of keys; letters say by themselves whether they are capitals. */
const nameOf = (event: KeyboardEvent): string =>
  event.shiftKey && event.key === "Enter" ? "Shift+Enter" : event.key;

/** What has the focus and does something of its own by this key. */
const OWN: Readonly<Record<string, string>> = {
  Enter: "a, button, summary",
  " ": "button, summary, input, [role=slider]",
};

function isTakenBy(target: EventTarget | null, key: string): boolean {
  const own = OWN[key];
  return own !== undefined && target instanceof HTMLElement && target.closest(own) !== null;
}
