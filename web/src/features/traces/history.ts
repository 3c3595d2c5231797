/** Searches that were run in this browser, by project, the newest first. */
import { readPreference, writePreference } from "@/lib/preferences";

const MOST = 30;

const nameOf = (projectId: number): string => `trace-searches.${projectId}`;

export function searchesBefore(projectId: number): string[] {
  try {
    const kept: unknown = JSON.parse(readPreference(nameOf(projectId)) ?? "[]");
    return Array.isArray(kept) ? kept.filter((one): one is string => typeof one === "string") : [];
  } catch {
    return [];
  }
}

export function rememberSearch(projectId: number, text: string): void {
  if (text === "") return;
  const old = searchesBefore(projectId).filter((one) => one !== text);
  writePreference(nameOf(projectId), JSON.stringify([text, ...old].slice(0, MOST)));
}
