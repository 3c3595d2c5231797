/** Enough colour for a dozen lines of code of any language: words, strings, comments, calls. */

export interface Token {
  readonly text: string;
  readonly kind: "plain" | "keyword" | "string" | "comment" | "call";
}

const KEYWORDS = new Set(
  (
    "and as assert async await break case catch class const continue def defer del do elif else end " +
    "enum except export extends false finally fn for from func function global go if impl import in " +
    "instanceof interface is lambda let match module mut new nil none null not or package pass " +
    "private protected pub public raise return self static struct super switch this throw true try " +
    "type typeof undefined unless use var void when while with yield None True False"
  ).split(" "),
);

const PIECE =
  /(?<comment>\/\/.*$|#(?![{[\w]*\]).*$|--\s.*$)|(?<string>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`(?:\\.|[^`\\])*`)|(?<word>[A-Za-z_$][\w$]*)/g;

/** A line cut into tokens; joined again they are the line. */
export function highlight(line: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  const push = (text: string, kind: Token["kind"]): void => {
    const last = tokens.at(-1);
    if (kind === "plain" && last?.kind === "plain")
      tokens[tokens.length - 1] = { text: last.text + text, kind };
    else if (text !== "") tokens.push({ text, kind });
  };
  for (const hit of line.matchAll(PIECE)) {
    push(line.slice(at, hit.index), "plain");
    at = hit.index + hit[0].length;
    push(hit[0], kindOf(hit, line[at]));
  }
  push(line.slice(at), "plain");
  return tokens;
}

function kindOf(hit: RegExpExecArray, next: string | undefined): Token["kind"] {
  if (hit.groups?.comment !== undefined) return "comment";
  if (hit.groups?.string !== undefined) return "string";
  if (KEYWORDS.has(hit[0])) return "keyword";
  return next === "(" ? "call" : "plain";
}
