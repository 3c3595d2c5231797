/** Stack traces for reading: newest frame first, the first of yours open, runs of library frames folded. */
import type { IssueEvent, StackException, StackFrame } from "@/api/issues";

export type Piece =
  | { readonly kind: "frame"; readonly frame: StackFrame; readonly key: number }
  | { readonly kind: "library"; readonly frames: readonly StackFrame[]; readonly key: number };

/** Frames, newest first. With no frame of yours nothing is folded. */
export function pieces(newestFirst: readonly StackFrame[]): Piece[] {
  const hasOwn = newestFirst.some((frame) => frame.is_in_app);
  const found: Piece[] = [];
  newestFirst.forEach((frame, key) => {
    const last = found.at(-1);
    if (frame.is_in_app || !hasOwn) found.push({ kind: "frame", frame, key });
    else if (last?.kind === "library")
      found[found.length - 1] = { ...last, frames: [...last.frames, frame] };
    else found.push({ kind: "library", frames: [frame], key });
  });
  return found;
}

/** "react-dom and @stripe/react-stripe-js", at most two names. */
export function libraryNames(frames: readonly StackFrame[]): string {
  const names = [...new Set(frames.map(libraryOf).filter((name) => name !== ""))];
  const [first, second, ...rest] = names;
  if (first === undefined) return "libraries";
  if (second === undefined) return first;
  return rest.length === 0
    ? `${first} and ${second}`
    : `${first}, ${second} and ${rest.length} more`;
}

const PACKAGED = /(?:node_modules|site-packages|dist-packages|gems|vendor)\/((?:@[^/]+\/)?[^/]+)/;

function libraryOf(frame: StackFrame): string {
  const path = frame.abs_path || frame.filename;
  const packaged = PACKAGED.exec(path) ?? PACKAGED.exec(frame.filename);
  if (packaged?.[1]) return packaged[1].replace(/\.\w+$/, "");
  if (frame.module) return frame.module.split(/[./]/)[0] ?? "";
  return frame.filename.split("/")[0] ?? "";
}

/** The calls with the one where it happened first, whatever their language prints. */
export const newestFirst = (
  frames: readonly StackFrame[],
  isNewestFirst: boolean,
): readonly StackFrame[] => (isNewestFirst ? frames : [...frames].reverse());

/** Exceptions with the one that was seen first; some languages print its causes before it. */
export const outermostFirst = (chain: readonly StackException[]): readonly StackException[] =>
  (chain[0]?.depth ?? 0) > (chain.at(-1)?.depth ?? 0) ? [...chain].reverse() : chain;

/** The call as it really ran, where a source map was applied; else as it is. */
export function asItRan(frame: StackFrame): StackFrame {
  if (frame.minified === null) return frame;
  const { minified } = frame;
  return { ...frame, ...minified, function: minified.function || "?", context: minified.context };
}

/** What is copied as Markdown: the title, facts and the stack in a fence. */
export function markdownOf(event: IssueEvent, link: string): string {
  const facts = [
    ["Event", event.event_id],
    ["Time", new Date(event.ts_ms).toISOString()],
    ["Release", event.release],
    ["Environment", event.environment],
    ["Trace", event.trace_id],
    ["Link", link],
  ].filter(([, value]) => value !== "");
  const text = event.stacks.text || event.message;
  const fence = text.includes("```") ? "~~~~" : "```";
  return [
    `## ${event.title}`,
    "",
    ...facts.map(([name, value]) => `- ${name}: ${value}`),
    "",
    fence,
    text,
    fence,
    "",
  ].join("\n");
}
