/** Terms as the search fields of errors and traces write them. Pure. */

const PLAIN = /^[\w./@:{}-]+$/;

/** `service:shop`, `name:"GET /cart"`. */
export function searchTerm(key: string, value: string): string {
  if (PLAIN.test(value)) return `${key}:${value}`;
  return `${key}:"${value.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}

/** The search with the term, and without its opposite; the same search if it has the term. */
export function narrowed(q: string, term: string): string {
  const opposite = term.startsWith("-") ? term.slice(1) : `-${term}`;
  const has = (one: string): boolean => ` ${q} `.includes(` ${one} `);
  if (has(term)) return q;
  const rest = has(opposite) ? ` ${q} `.replace(` ${opposite} `, " ").trim() : q.trim();
  return rest === "" ? term : `${rest} ${term}`;
}
