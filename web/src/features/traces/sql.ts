/** A statement in lines, for reading. Only blanks change; what is in quotes stays as it is. */

const CLAUSES =
  /^(select|from|where|group by|having|order by|limit|offset|union all|union|returning|values|set|on conflict|insert into|update|delete from|with|window|for update)\b/i;
const JOINS = /^((left|right|full|inner|cross|natural)\s+(outer\s+)?)?join\b/i;
const WITHIN = /^(and|or|on)\b/i;
const KEYWORDS =
  /\b(select|distinct|from|where|group|by|having|order|limit|offset|union|all|returning|values|set|conflict|do|nothing|insert|into|update|delete|with|as|join|left|right|full|inner|outer|cross|natural|on|and|or|not|in|is|null|like|ilike|between|exists|case|when|then|else|end|asc|desc|window|for|using|interval)\b/gi;

const INDENT = "  ";

/** One statement over several lines: a line a clause, joins and conditions indented. */
export function formatSql(text: string): string {
  const words = text.trim().replace(/\s+/g, " ");
  let out = "";
  let depth = 0;
  let at = 0;
  while (at < words.length) {
    const rest = words.slice(at);
    const quoted = /^('(?:[^']|'')*'|"[^"]*"|`[^`]*`)/.exec(rest)?.[0];
    if (quoted !== undefined) {
      out += quoted;
      at += quoted.length;
      continue;
    }
    const isStart = at === 0 || /[\s(]/.test(words[at - 1] ?? "");
    const found = isStart && depth === 0 ? leadOf(rest) : null;
    if (found !== null && out !== "") out = `${out.trimEnd()}\n${found.indent}`;
    const taken = found?.text ?? rest[0] ?? "";
    if (taken === "(") depth += 1;
    if (taken === ")") depth = Math.max(0, depth - 1);
    out += taken;
    at += taken.length;
  }
  return out;
}

function leadOf(rest: string): { text: string; indent: string } | null {
  const clause = CLAUSES.exec(rest)?.[0];
  if (clause !== undefined) return { text: clause, indent: "" };
  const inner = JOINS.exec(rest)?.[0] ?? WITHIN.exec(rest)?.[0];
  return inner === undefined ? null : { text: inner, indent: INDENT };
}

export interface SqlPart {
  readonly text: string;
  readonly isKeyword: boolean;
}

/** The parts of a line, keywords apart. */
export function sqlParts(line: string): SqlPart[] {
  const parts: SqlPart[] = [];
  let last = 0;
  for (const hit of line.matchAll(KEYWORDS)) {
    if (hit.index > last) parts.push({ text: line.slice(last, hit.index), isKeyword: false });
    parts.push({ text: hit[0], isKeyword: true });
    last = hit.index + hit[0].length;
  }
  if (last < line.length) parts.push({ text: line.slice(last), isKeyword: false });
  return parts;
}

const SQL_SYSTEMS =
  /sql|postgres|maria|oracle|sqlite|cockroach|clickhouse|duckdb|snowflake|redshift|bigquery|db2|h2|spanner|trino/i;

/** Whether a statement is SQL: by its system, or by how it begins. */
export const isSql = (system: string, statement: string): boolean =>
  SQL_SYSTEMS.test(system) || /^\s*(select|insert|update|delete|with)\b/i.test(statement);
