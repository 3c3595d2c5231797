import type { ReactNode } from "react";
import { Tag, type Tone } from "@/ui/Panel";
import { type Shown, WORDS } from "./status";

const TONES: Record<Shown, Tone> = {
  ok: "ok",
  in_progress: "info",
  late: "warn",
  timeout: "crit",
  error: "crit",
  missed: "crit",
};

/** What became of a run, in a word. */
export function RunMark({ status }: { status: Shown }): ReactNode {
  return <Tag tone={TONES[status]}>{WORDS[status]}</Tag>;
}
