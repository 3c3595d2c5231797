/** Queries that were run in this browser, by project, the newest first. */
import { readPreference, writePreference } from "@/lib/preferences";

const MOST = 50;

export const historyName = (projectId: number): string => `queries.${projectId}`;

export function parseHistory(text: string | null): string[] {
  try {
    const kept: unknown = JSON.parse(text ?? "[]");
    return Array.isArray(kept) ? kept.filter((one): one is string => typeof one === "string") : [];
  } catch {
    return [];
  }
}

export function remember(projectId: number, expr: string): void {
  const text = expr.trim();
  if (text === "") return;
  const name = historyName(projectId);
  const old = parseHistory(readPreference(name)).filter((one) => one !== text);
  writePreference(name, JSON.stringify([text, ...old].slice(0, MOST)));
}
