/** What happened to an issue, in words. */
import type { ActivityEntry } from "@/api/issues";
import { coarse } from "@/lib/units";

/** "Resolved in shop@1.2 by mara", "Severity low → high by mara"; unknown kinds are named. */
export function activityText({ actor, kind, facts }: ActivityEntry): string {
  const who = actor ? actor.replace(/@.*/, "") : "";
  const by = who ? ` by ${who}` : "";
  const from = facts.from ? `${facts.from} → ` : "";
  switch (kind) {
    case "severity":
      return facts.from === facts.to
        ? `Severity kept at ${facts.to ?? "?"}${by}`
        : `Severity ${from}${facts.to ?? ""}${by}`;
    case "status":
      return `${sentenceCase(String(facts.to ?? kind))}${inRelease(facts)}${untilOf(facts)}${by}`;
    case "assignee":
    case "assigned":
      return facts.to ? `Assigned to ${facts.to}${by}` : `Assignee removed${by}`;
    case "comment":
      return facts.is_deleted ? `Comment deleted${by}` : `Comment${by}`;
    case "merged":
      return `${facts.from ?? "An issue"} merged into ${facts.into ?? "another"}${by}`;
    case "unmerged":
      return `${facts.out ?? "An issue"} taken out of ${facts.from ?? "it"}${by}`;
    case "undone":
      return `Taken back${by}`;
    default:
      return `${sentenceCase(kind.replaceAll("_", " "))}${inRelease(facts)}${by}`;
  }
}

type Facts = ActivityEntry["facts"];

function inRelease(facts: Facts): string {
  if (facts.in === "next_release")
    return facts.release ? ` in the release after ${facts.release}` : " in the next release";
  if (facts.commit) return ` in ${String(facts.commit).slice(0, 12)}`;
  return facts.release ? ` in ${facts.release}` : "";
}

function untilOf({ until }: Facts): string {
  if (typeof until !== "object" || until === null) return "";
  const { is_escalating, until_ms, events, window_ms, users } = until as Record<string, unknown>;
  if (is_escalating) return " until it escalates";
  if (until_ms) return ` until ${new Date(Number(until_ms)).toISOString().slice(0, 16)} UTC`;
  if (events)
    return ` until ${events} more events${window_ms ? ` in ${coarse(Number(window_ms))}` : ""}`;
  return users ? ` until ${users} more users` : "";
}

const sentenceCase = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);
