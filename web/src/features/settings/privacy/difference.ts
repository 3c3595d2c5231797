/** Two forms of one JSON value, before and after scrubbing, line by line. Pure. */

export interface Line {
  /** Steps joined by dots, as the server names places. */
  readonly path: string;
  readonly depth: number;
  readonly label: string;
  readonly kind: "same" | "changed" | "removed" | "added";
  readonly before: string;
  readonly after: string;
}

type Json = unknown;
type Entries = readonly (readonly [string, Json])[];

/** Lines of the whole value; containers open and close on lines of their own. */
export function linesOf(before: Json, after: Json): Line[] {
  const lines: Line[] = [];
  walk("", "", 0, before, after, lines);
  return lines;
}

function walk(
  path: string,
  label: string,
  depth: number,
  before: Json,
  after: Json,
  lines: Line[],
): void {
  const [inner, later] = [entriesOf(before), entriesOf(after)];
  if (inner && later && inner.length + later.length > 0 && isAlike(before, after)) {
    const [open, close] = Array.isArray(before) ? ["[", "]"] : ["{", "}"];
    lines.push({ path, depth, label, kind: "same", before: open, after: open });
    const made = new Map(later);
    for (const [key, value] of inner) {
      const where = path === "" ? key : `${path}.${key}`;
      if (made.has(key)) walk(where, key, depth + 1, value, made.get(key), lines);
      else lines.push(leaf(where, key, depth + 1, "removed", value, ""));
    }
    const sent = new Set(inner.map(([key]) => key));
    for (const [key, value] of later)
      if (!sent.has(key))
        lines.push(leaf(path === "" ? key : `${path}.${key}`, key, depth + 1, "added", "", value));
    lines.push({ path, depth, label: "", kind: "same", before: close, after: close });
    return;
  }
  const isSame = JSON.stringify(before) === JSON.stringify(after);
  lines.push(leaf(path, label, depth, isSame ? "same" : "changed", before, after));
}

function leaf(
  path: string,
  label: string,
  depth: number,
  kind: Line["kind"],
  before: Json,
  after: Json,
): Line {
  const shown = (value: Json, is: boolean): string => (is ? JSON.stringify(value) : "");
  return {
    path,
    depth,
    label,
    kind,
    before: shown(before, kind !== "added"),
    after: shown(after, kind !== "removed"),
  };
}

function entriesOf(value: Json): Entries | null {
  if (Array.isArray(value)) return value.map((one, at) => [String(at), one] as const);
  if (typeof value === "object" && value !== null) return Object.entries(value);
  return null;
}

const isAlike = (one: Json, other: Json): boolean => Array.isArray(one) === Array.isArray(other);

export interface Parts {
  readonly start: string;
  readonly gone: string;
  readonly put: string;
  readonly end: string;
}

/** What of a text was replaced by what, between what both begin and end with. */
export function partsOf(before: string, after: string): Parts {
  const most = Math.min(before.length, after.length);
  let start = 0;
  while (start < most && before[start] === after[start]) start += 1;
  let end = 0;
  while (end < most - start && before.at(-1 - end) === after.at(-1 - end)) end += 1;
  return {
    start: before.slice(0, start),
    gone: before.slice(start, before.length - end),
    put: after.slice(start, after.length - end),
    end: end === 0 ? "" : before.slice(-end),
  };
}

export type Piece =
  | { readonly kind: "line"; readonly at: number; readonly line: Line }
  | { readonly kind: "fold"; readonly at: number; readonly lines: readonly Line[] };

/** Fewer lines are shown: a fold is a line itself. */
const LEAST_FOLDED = 3;

/** The lines, where what lies further than `around` from each change is folded. */
export function folded(lines: readonly Line[], around = 1): Piece[] {
  const near = new Set<number>();
  lines.forEach((line, at) => {
    if (line.kind === "same") return;
    for (let near_ = at - around; near_ <= at + around; near_ += 1) near.add(near_);
    for (const opener of openersOf(lines, at)) near.add(opener);
  });
  const pieces: Piece[] = [];
  let hidden: Line[] = [];
  const flush = (at: number): void => {
    const first = at - hidden.length;
    if (hidden.length >= LEAST_FOLDED) pieces.push({ kind: "fold", at: first, lines: hidden });
    else
      for (const [n, line] of hidden.entries()) pieces.push({ kind: "line", at: first + n, line });
    hidden = [];
  };
  lines.forEach((line, at) => {
    if (!near.has(at)) {
      hidden.push(line);
      return;
    }
    flush(at);
    pieces.push({ kind: "line", at, line });
  });
  flush(lines.length);
  return pieces;
}

/** Lines that open the containers in which a line stands: they say where it is. */
function openersOf(lines: readonly Line[], at: number): number[] {
  const found: number[] = [];
  let depth = lines[at]?.depth ?? 0;
  for (let above = at - 1; above >= 0 && depth > 0; above -= 1) {
    const line = lines[above];
    if (line && line.depth < depth) {
      found.push(above);
      depth = line.depth;
    }
  }
  return found;
}
