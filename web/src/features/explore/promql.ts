/** What can be read from a query's text without the server: its metrics, its unit, its form. */
import type { SyntaxNode } from "@lezer/common";
import { parser } from "@prometheus-io/lezer-promql";
import type { Unit } from "@/lib/units";

/** Unit that a metric was declared with, by its name; "" if it is not known. */
export type DeclaredUnit = (metric: string) => string;

const NOTHING: DeclaredUnit = () => "";

export interface Reading {
  readonly text: string;
  readonly root: SyntaxNode;
}

export function read(text: string): Reading {
  return { text, root: parser.parse(text).topNode };
}

const textOf = ({ text }: Reading, node: SyntaxNode): string => text.slice(node.from, node.to);

export function childrenOf(node: SyntaxNode): SyntaxNode[] {
  const found: SyntaxNode[] = [];
  for (let child = node.firstChild; child; child = child.nextSibling) found.push(child);
  return found;
}

const child = (node: SyntaxNode, ...names: readonly string[]): SyntaxNode | undefined =>
  childrenOf(node).find((one) => names.includes(one.name));

/** The expression inside the program and any parentheses. */
export function bare(node: SyntaxNode): SyntaxNode {
  const inner = node.firstChild;
  return (node.name === "PromQL" || node.name === "ParenExpr") && inner ? bare(inner) : node;
}

/** The metric names that a query selects, each once. */
export function metricsOf(expr: string): string[] {
  const reading = read(expr);
  const found = new Set<string>();
  reading.root.cursor().iterate((ref) => {
    if (ref.name === "VectorSelector") {
      const name = nameOf(reading, ref.node);
      if (name !== "") found.add(name);
    }
  });
  return [...found];
}

function nameOf(reading: Reading, selector: SyntaxNode): string {
  const identifier = child(selector, "Identifier");
  if (identifier) return textOf(reading, identifier);
  const quoted = child(selector, "LabelMatchers")?.getChild("QuotedLabelName");
  return quoted ? textOf(reading, quoted).slice(1, -1) : "";
}

/** Whether a query is one selector and nothing else. */
export const isSelector = (expr: string): boolean =>
  bare(read(expr).root).name === "VectorSelector";

interface Dimension {
  /** "seconds", "bytes", "ratio", "" … */
  readonly base: string;
  readonly isPerSecond: boolean;
  /** Set where the value is a plain number of the text. */
  readonly constant?: number;
}

const PLAIN: Dimension = { base: "", isPerSecond: false };
const SUFFIXES = ["seconds", "bytes", "ratio", "percent", "celsius", "volts", "joules"];
const PARTS = /_(bucket|sum|total|count|created)$/;

function ofMetric(name: string, declared: DeclaredUnit): Dimension {
  if (name.endsWith("_count") || name.endsWith("_info")) return PLAIN;
  const stem = name.replace(PARTS, "");
  const own = declared(name) || declared(stem);
  const last = stem.slice(stem.lastIndexOf("_") + 1);
  return { base: own || (SUFFIXES.includes(last) ? last : ""), isPerSecond: false };
}

const RATES = new Set(["rate", "irate", "deriv"]);
const COUNTS = new Set(
  "count_over_time changes resets absent absent_over_time present_over_time time timestamp histogram_count sgn vector".split(
    " ",
  ),
);
const SECOND = new Set(["histogram_quantile", "quantile_over_time", "histogram_quantiles"]);
const COUNTING = new Set(["count", "group", "count_values"]);

function dimension(reading: Reading, given: SyntaxNode, declared: DeclaredUnit): Dimension {
  const node = bare(given);
  const into = (one: SyntaxNode | null | undefined): Dimension =>
    one ? dimension(reading, one, declared) : PLAIN;
  switch (node.name) {
    case "VectorSelector":
      return ofMetric(nameOf(reading, node), declared);
    case "NumberDurationLiteral":
      return { ...PLAIN, constant: Number(textOf(reading, node)) };
    case "FunctionCall":
      return ofCall(reading, node, into);
    case "AggregateExpr": {
      const op = textOf(reading, child(node, "AggregateOp") ?? node);
      const args = argumentsOf(node);
      return COUNTING.has(op.toLowerCase()) ? PLAIN : into(args.at(-1));
    }
    case "BinaryExpr":
      return ofBinary(reading, node, into);
    default:
      return into(childrenOf(node).find((one) => /Expr|Selector|Call|Literal/.test(one.name)));
  }
}

type Into = (node: SyntaxNode | null | undefined) => Dimension;

export function argumentsOf(node: SyntaxNode): SyntaxNode[] {
  const body = child(node, "FunctionCallBody");
  return body ? childrenOf(body) : [];
}

function ofCall(reading: Reading, node: SyntaxNode, into: Into): Dimension {
  const name = textOf(reading, child(node, "FunctionIdentifier") ?? node);
  const args = argumentsOf(node);
  if (RATES.has(name)) return { base: into(args[0]).base, isPerSecond: true };
  if (name === "histogram_fraction") return { base: "ratio", isPerSecond: false };
  if (name === "histogram_count") return { ...PLAIN, isPerSecond: into(args[0]).isPerSecond };
  if (COUNTS.has(name)) return PLAIN;
  // Quantiles and means of a histogram are of its own unit, whatever its rate is.
  if (SECOND.has(name)) return { base: into(args[1] ?? args[0]).base, isPerSecond: false };
  if (name === "histogram_avg") return { base: into(args[0]).base, isPerSecond: false };
  return into(args[0]);
}

const PER: Readonly<Record<number, string>> = { 60: "/min", 3600: "/h", 86400: "/d" };

function ofBinary(reading: Reading, node: SyntaxNode, into: Into): Dimension {
  const [a, b] = [into(node.firstChild), into(node.lastChild)];
  const has = (...names: readonly string[]): boolean => child(node, ...names) !== undefined;
  if (has("Div")) return divided(reading, node, a, b);
  if (has("Mul")) return multiplied(a, b);
  if (has("Add", "Sub")) return a.base !== "" || a.isPerSecond ? a : b;
  if (has("BoolModifier")) return PLAIN;
  if (has("Pow", "Mod", "Atan2")) return PLAIN;
  return a;
}

function divided(reading: Reading, node: SyntaxNode, a: Dimension, b: Dimension): Dimension {
  if (b.constant !== undefined || a.constant !== undefined) return PLAIN;
  if (a.base !== b.base && b.base === "" && a.isPerSecond === b.isPerSecond)
    return { base: a.base, isPerSecond: false };
  if (a.base !== b.base || a.isPerSecond !== b.isPerSecond) return PLAIN;
  const sides = [node.firstChild, node.lastChild].map((one) =>
    one ? metricsOf(textOf(reading, one)) : [],
  );
  const isSame = sides[0]?.some((name) => sides[1]?.some((other) => related(name, other)));
  return a.base !== "" || a.isPerSecond || isSame ? { base: "ratio", isPerSecond: false } : PLAIN;
}

/** `payments_failed_total` and `payments_total`: the same first word, so a share of it. */
const related = (a: string, b: string): boolean => a.split("_")[0] === b.split("_")[0];

function multiplied(a: Dimension, b: Dimension): Dimension {
  const [number, other] = a.constant !== undefined ? [a.constant, b] : [b.constant, a];
  if (number === undefined) return PLAIN;
  if (other.base === "ratio" && number === 100) return { base: "percent", isPerSecond: false };
  const per = PER[number];
  if (other.isPerSecond && other.base === "" && per) return { base: per, isPerSecond: false };
  return number === 1 ? other : PLAIN;
}

/** The unit of a query's values, guessed from its metrics and what is done with them. */
export function unitOf(expr: string, declared: DeclaredUnit = NOTHING): Unit {
  if (expr.trim() === "") return "";
  const reading = read(expr);
  const { base, isPerSecond } = dimension(reading, reading.root, declared);
  if (!isPerSecond) return base;
  if (base === "") return "/s";
  return base === "bytes" ? "bytes/s" : "";
}

/** A query that a form can show: `agg by (labels) (fn(metric{filters}[range]))`. */
export interface Form {
  readonly metric: string;
  readonly filters: readonly { label: string; op: string; value: string }[];
  readonly fn: string;
  readonly range: string;
  readonly aggregation: string;
  readonly by: readonly string[];
}

export const EMPTY_FORM: Form = {
  metric: "",
  filters: [],
  fn: "",
  range: "5m",
  aggregation: "",
  by: [],
};

const quote = (text: string): string =>
  `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")}"`;
const PLAIN_NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;

/** The text of a form. */
export function printForm(form: Form): string {
  const { metric, filters, fn, range, aggregation, by } = form;
  const parts = filters
    .filter(({ label }) => label !== "")
    .map(({ label, op, value }) => `${label}${op}${quote(value)}`);
  const isPlain = PLAIN_NAME.test(metric);
  if (!isPlain && metric !== "") parts.unshift(quote(metric));
  const name = isPlain ? metric : "";
  const selector = parts.length > 0 ? `${name}{${parts.join(", ")}}` : name;
  if (selector === "") return "";
  const inner = fn === "" ? selector : `${fn}(${selector}[${range}])`;
  if (aggregation === "") return inner;
  return by.length > 0
    ? `${aggregation} by (${by.join(", ")}) (${inner})`
    : `${aggregation}(${inner})`;
}

const unquote = (text: string): string => {
  const inner = text.slice(1, -1);
  return text.startsWith("`")
    ? inner
    : inner.replace(/\\(["'\\n])/g, (_, c) => (c === "n" ? "\n" : c));
};

/** The form that a query has; null if it is more than a form can say. */
export function parseForm(expr: string): Form | null {
  if (expr.trim() === "") return EMPTY_FORM;
  const reading = read(expr);
  const found = { ...EMPTY_FORM };
  let node = bare(reading.root);
  if (node.name === "AggregateExpr") {
    const modifier = child(node, "AggregateModifier");
    const args = argumentsOf(node);
    if (args.length !== 1 || !args[0]) return null;
    found.aggregation = textOf(reading, child(node, "AggregateOp") ?? node).toLowerCase();
    if (modifier && !modifier.getChild("By")) return null;
    const labels = modifier?.getChild("GroupingLabels");
    found.by = labels ? childrenOf(labels).map((one) => textOf(reading, one)) : [];
    node = bare(args[0]);
  }
  if (node.name === "FunctionCall") {
    const args = argumentsOf(node);
    const matrix = args[0] ? bare(args[0]) : undefined;
    if (args.length !== 1 || matrix?.name !== "MatrixSelector") return null;
    found.fn = textOf(reading, child(node, "FunctionIdentifier") ?? node);
    const range = matrix.getChild("DurationExpr");
    found.range = range ? textOf(reading, range) : EMPTY_FORM.range;
    node = matrix.getChild("VectorSelector") ?? matrix;
  }
  if (node.name !== "VectorSelector") return null;
  found.metric = nameOf(reading, node);
  found.filters = filtersOf(reading, node);
  return squeezed(printForm(found)) === squeezed(canonical(expr)) ? found : null;
}

/** `sum(x) by (a)` is the same query as `sum by (a) (x)`. */
const canonical = (expr: string): string =>
  expr.replace(/^\s*(\w+)\s*(\(.*\))\s*(by\s*\([^()]*\))\s*$/is, "$1 $3 $2");

const squeezed = (text: string): string =>
  text.replace(/\s+|,(?=\s*[})])/g, "").replaceAll("'", '"');

function filtersOf(reading: Reading, selector: SyntaxNode): Form["filters"] {
  const matchers = child(selector, "LabelMatchers");
  if (!matchers) return [];
  return childrenOf(matchers)
    .filter((one) => /Matcher$/.test(one.name))
    .map((one) => {
      const parts = childrenOf(one).map((part) => textOf(reading, part));
      return { label: parts[0] ?? "", op: parts[1] ?? "=", value: unquote(parts[2] ?? '""') };
    });
}
