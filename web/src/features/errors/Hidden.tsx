import type { ReactNode } from "react";

interface Scrubbed {
  readonly path: string;
  readonly rule: string;
}

const MARK = /\[Filtered\]|•••/;

export const isHidden = (text: string): boolean => MARK.test(text);

/** The rule that hid the value at `path`, or something within it: by the end of the entry's path. */
export function ruleOf(scrubbed: readonly Scrubbed[], path: string): string {
  const parts = path.split(".");
  for (let skip = 0; skip < parts.length; skip += 1) {
    const tail = `.${parts.slice(skip).join(".")}`;
    const hit =
      scrubbed.find((one) => `.${one.path}`.endsWith(tail)) ??
      scrubbed.find((one) => `.${one.path}`.includes(`${tail}.`));
    if (hit) return `the rule ${hit.rule}`;
  }
  return "a privacy rule";
}

interface HiddenProps {
  text: string;
  path: string;
  scrubbed: readonly Scrubbed[];
}

/** A value; where something was taken out stands `•••`, whose rule is told on hover and focus. */
export function Shown({ text, path, scrubbed }: HiddenProps): ReactNode {
  if (!isHidden(text)) return text;
  const rule = ruleOf(scrubbed, path);
  const [before, ...after] = text.split(MARK);
  return (
    <>
      {before}
      <button type="button" className="hidden-value">
        <span aria-hidden="true">•••</span>
        <span className="hidden-tip">Taken out by {rule}</span>
      </button>
      {after.join("•••")}
    </>
  );
}

/** A value of JSON as one line. */
export function plainText(value: unknown): string {
  if (typeof value === "string") return value;
  return JSON.stringify(value) ?? "undefined";
}

/** Names and values, the way they were sent; nested ones as paths. */
export function Pairs({
  value,
  path,
  scrubbed,
}: {
  value: Readonly<Record<string, unknown>>;
  path: string;
  scrubbed: readonly Scrubbed[];
}): ReactNode {
  return (
    <dl className="pairs">
      {flat(value).map(([name, text]) => (
        <div key={name}>
          <dt className="mono">{name}</dt>
          <dd className="mono">
            <Shown text={text} path={`${path}.${name}`} scrubbed={scrubbed} />
          </dd>
        </div>
      ))}
    </dl>
  );
}

/** `{a: {b: 1}}` → `[["a.b", "1"]]`; lists of pairs (headers) become names and values. */
export function flat(value: unknown, path = ""): [string, string][] {
  if (Array.isArray(value) && value.length > 0 && value.every(isPair))
    return value.flatMap(([name, inner]) => flat(inner, join(path, String(name))));
  if (typeof value === "object" && value !== null && !Array.isArray(value))
    return Object.entries(value).flatMap(([name, inner]) => flat(inner, join(path, name)));
  return [[path, plainText(value)]];
}

const isPair = (one: unknown): one is [string, unknown] =>
  Array.isArray(one) && one.length === 2 && typeof one[0] === "string";

const join = (path: string, name: string): string => (path === "" ? name : `${path}.${name}`);
