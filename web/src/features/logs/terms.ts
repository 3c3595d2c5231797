/** Terms of the search language of logs, as the page writes them into the search. Pure. */

import { searchTerm } from "@/lib/search-terms";

/** `service:shop`, `attr.user:"a b"`; an empty value is asked for as "not there". */
export const termOf = (field: string, value: string): string =>
  value === "" ? `-has:${field}` : searchTerm(field, value);

/** The terms of a search that stand outside brackets, as they are written. */
export function termsIn(q: string): string[] {
  const found: string[] = [];
  let word = "";
  let isQuoted = false;
  let depth = 0;
  for (let i = 0; i < q.length; i += 1) {
    const letter = q[i] ?? "";
    if (letter === '"' && q[i - 1] !== "\\") isQuoted = !isQuoted;
    if (!isQuoted && letter === "(") depth += 1;
    if (!isQuoted && letter === ")") depth -= 1;
    if (!isQuoted && depth === 0 && /\s/.test(letter)) {
      if (word) found.push(word);
      word = "";
    } else word += letter;
  }
  if (word) found.push(word);
  return found;
}

export const hasTerm = (q: string, term: string): boolean => termsIn(q).includes(term);

/** The search with the term added, or without it if it was there. Its opposite is taken out. */
export function toggleTerm(q: string, term: string): string {
  const opposite = term.startsWith("-") ? term.slice(1) : `-${term}`;
  const terms = termsIn(q);
  const kept = terms.filter((one) => one !== term && one !== opposite);
  const isThere = terms.includes(term);
  // What joins two terms cannot be cut apart: the rest goes into brackets.
  const rest = kept.some((one) => one === "OR") && !isThere ? [`(${kept.join(" ")})`] : kept;
  return [...rest, ...(isThere ? [] : [term])].join(" ");
}

export interface Marked {
  readonly text: string;
  readonly isHit: boolean;
}

const MOST_MARKS = 40;

/** A text in parts, the searched words apart. `words` are in lower case. */
export function marked(text: string, words: readonly string[]): Marked[] {
  const wanted = words.filter((word) => word.length > 0);
  if (wanted.length === 0) return [{ text, isHit: false }];
  const lower = text.toLowerCase();
  const parts: Marked[] = [];
  let at = 0;
  while (parts.length < MOST_MARKS) {
    let [from, length] = [-1, 0];
    for (const word of wanted) {
      const hit = lower.indexOf(word, at);
      if (hit >= 0 && (from < 0 || hit < from)) [from, length] = [hit, word.length];
    }
    if (from < 0) break;
    if (from > at) parts.push({ text: text.slice(at, from), isHit: false });
    parts.push({ text: text.slice(from, from + length), isHit: true });
    at = from + length;
  }
  if (at < text.length) parts.push({ text: text.slice(at), isHit: false });
  return parts;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is taken out.
const ESCAPES = /\u001b\[[0-9;]*[A-Za-z]/g;

/** The text of a line without the colours of a terminal, in one line. */
export const oneLine = (body: string): string =>
  body.replace(ESCAPES, "").replace(/\s*\n\s*/g, " ⏎ ");

export const withoutColors = (body: string): string => body.replace(ESCAPES, "");
