/** Stack traces for reading: newest frame first, your code open, runs of library frames folded. */
import type { StackException, StackFrame } from "@/api/issues";

export type Piece =
  | { readonly kind: "frame"; readonly frame: StackFrame; readonly key: number }
  | { readonly kind: "library"; readonly frames: readonly StackFrame[]; readonly key: number };

/** SDKs send the oldest frame first. With no frame of yours nothing is folded. */
export function pieces(frames: readonly StackFrame[]): Piece[] {
  const newestFirst = [...frames].reverse();
  const hasOwn = newestFirst.some((frame) => frame.in_app);
  const found: Piece[] = [];
  newestFirst.forEach((frame, key) => {
    const last = found.at(-1);
    if (frame.in_app || !hasOwn) found.push({ kind: "frame", frame, key });
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

/** A frame opens by itself if it is yours and has code to show. */
export const opensItself = (frame: StackFrame): boolean =>
  frame.in_app && frame.context_line !== null;

/** `file:line:column` */
export const placeOf = ({ filename, abs_path, module, lineno, colno }: StackFrame): string =>
  [filename || abs_path || module || "?", lineno, colno].filter((one) => one !== null).join(":");

/** The trace as text, as it is copied and as Raw shows it. */
export function rawTrace(exceptions: readonly StackException[]): string {
  return [...exceptions]
    .reverse()
    .map(({ type, value, frames }) =>
      [
        `${type}: ${value}`,
        ...[...frames]
          .reverse()
          .map((frame) => `    at ${frame.function || "?"} (${placeOf(frame)})`),
      ].join("\n"),
    )
    .join("\nCaused by: ");
}
