/** What one person prefers in one browser. Storage may be off: then it lasts as long as the page. */

export type ThemeChoice = "system" | "light" | "dark";

const memory = new Map<string, string>();
const listeners = new Set<() => void>();

export function readPreference(name: string): string | null {
  try {
    return localStorage.getItem(`wk.${name}`) ?? memory.get(name) ?? null;
  } catch {
    return memory.get(name) ?? null;
  }
}

export function writePreference(name: string, value: string): void {
  memory.set(name, value);
  try {
    localStorage.setItem(`wk.${name}`, value);
  } catch {
    // Storage is off: `memory` keeps it for this page.
  }
  for (const listener of listeners) listener();
}

/** For `useSyncExternalStore`. */
export function onPreference(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function themeChoice(): ThemeChoice {
  const kept = readPreference("theme");
  return kept === "light" || kept === "dark" ? kept : "system";
}

/** Applies and keeps the choice; charts are told by the event `wk-theme` on the document. */
export function chooseTheme(choice: ThemeChoice): void {
  writePreference("theme", choice);
  applyTheme(choice);
}

export function applyTheme(choice: ThemeChoice): void {
  const dark =
    choice === "dark" ||
    (choice === "system" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.dataset.theme = dark ? "dark" : "light";
  document.dispatchEvent(new Event("wk-theme"));
}

export const browserZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
