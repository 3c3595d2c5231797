/** Terms as every search field writes them: docs/use/search.md. Pure. */

import type { Failure } from "./loaded";

/** The code of an answer that refuses a search; the field itself says what is wrong. */
export const REFUSED_SEARCH = /^search_invalid$/;

/** What is wrong with a search and where; null if something else failed. `shift`: of the text in what was asked. */
export function searchProblem(
  failure: Failure,
  shift = 0,
): { message: string; at: number | null } | null {
  if (!REFUSED_SEARCH.test(failure.code)) return null;
  const at = failure.position ?? null;
  return { message: failure.message, at: at === null ? null : at - Math.max(0, shift) };
}

const PLAIN = /^[\w./@:{}-]+$/;

/** A value as it stands behind a colon: in quotes where its characters would mean something. */
export const searchValue = (value: string): string =>
  PLAIN.test(value) ? value : `"${value.replace(/[\\"*]/g, "\\$&")}"`;

/** `service:shop`, `name:"GET /cart"`. */
export const searchTerm = (key: string, value: string): string => `${key}:${searchValue(value)}`;

/** The search with the term, and without its opposite; the same search if it has the term. */
export function narrowed(q: string, term: string): string {
  const opposite = term.startsWith("-") ? term.slice(1) : `-${term}`;
  const has = (one: string): boolean => ` ${q} `.includes(` ${one} `);
  if (has(term)) return q;
  const rest = has(opposite) ? ` ${q} `.replace(` ${opposite} `, " ").trim() : q.trim();
  return rest === "" ? term : `${rest} ${term}`;
}
