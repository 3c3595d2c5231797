/** Queries that were run in this browser, the newest first. */
import { readPreference, writePreference } from "@/lib/preferences";

const MOST = 50;
const NAME = "queries";

export function parseHistory(text: string | null): string[] {
  try {
    const kept: unknown = JSON.parse(text ?? "[]");
    return Array.isArray(kept) ? kept.filter((one): one is string => typeof one === "string") : [];
  } catch {
    return [];
  }
}

export function remember(expr: string): void {
  const text = expr.trim();
  if (text === "") return;
  const old = parseHistory(readPreference(NAME)).filter((one) => one !== text);
  writePreference(NAME, JSON.stringify([text, ...old].slice(0, MOST)));
}

export const HISTORY_PREFERENCE = NAME;
