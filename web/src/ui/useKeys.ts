import { useEffect, useRef } from "react";
import { readPreference } from "@/lib/preferences";

const CHORD_MS = 1_200;

/**
 * A page's own single-letter keys, by `event.key`. They are off in fields, in menus and dialogs, by
 * preference (WCAG 2.1.4), and for the letter after `G`, which goes to another page.
 */
export function useKeys(keys: Readonly<Record<string, () => void>>): void {
  const latest = useRef(keys);
  latest.current = keys;
  const chord = useRef(0);
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
