/** Rules and alerts in words. */
import type { Alert, Rule, RuleFile } from "@/api/alerts";
import { compact } from "@/lib/units";
import type { Status } from "@/ui/Glyph";

export interface Limit {
  readonly operator: string;
  readonly value: number;
}

const COMPARISON = /(>=|<=|==|!=|>|<)\s*(?:bool\s+)?([-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?)\s*$/i;

/** The number that the expression is compared with at its end; null if it is not of that form. */
export function limitOf(expr: string): Limit | null {
  const hit = COMPARISON.exec(expr.trim());
  if (hit?.[1] === undefined) return null;
  return { operator: hit[1], value: Number(hit[2]) };
}

/** "14.1, limit > 10" */
export function valueText(value: number | null, limit: Limit | null): string {
  const own = numberText(value);
  return limit === null ? own : `${own}, limit ${limit.operator} ${String(limit.value)}`;
}

/** A value without a unit, short enough for a row: 14.1, 0.0063, –665 G. */
export const numberText = (value: number | null): string =>
  value === null ? "–" : compact(value).replace(/^-/, "–");

const SILENT = new Set(["alertname", "severity", "__name__"]);

/** The labels that tell alerts of one rule apart. */
export function labelText(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .filter(([name]) => !SILENT.has(name))
    .map(([name, value]) => `${name}=${value}`)
    .join(", ");
}

/** What alerts were grouped by, out of a group key: `{}/1f:{alertname="Slow"}` → `alertname="Slow"`. */
export const groupText = (key: string): string => /:\{(.*)\}$/.exec(key)?.[1] || "all alerts";

/** "5 min", "1 h 30 min", "at once". */
export function forText(seconds: number): string {
  if (seconds === 0) return "at once";
  const [h, min, s] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60), seconds % 60];
  return [h && `${h} h`, min && `${min} min`, s && `${s} s`].filter(Boolean).join(" ");
}

export function statusOfAlert({ state, severity }: Pick<Alert, "state" | "severity">): Status {
  if (state === "pending") return "pending";
  return severity === "critical" ? "crit" : "warn";
}

export function statusOfRule(rule: Pick<Rule, "state" | "health" | "labels">): Status {
  if (rule.health === "err") return "unknown";
  if (rule.state === "firing") return rule.labels.severity === "critical" ? "crit" : "warn";
  return rule.state === "pending" ? "pending" : "ok";
}

export interface AlertGroup {
  readonly rule: string;
  readonly alerts: readonly Alert[];
}

const RANK: Record<string, number> = { critical: 0, warning: 1, info: 2 };
const rank = ({ state, severity }: Alert): number =>
  (state === "firing" ? 0 : 10) + (RANK[severity] ?? 3);

/** By rule; the worst first, then the oldest. */
export function groupsOf(alerts: readonly Alert[]): AlertGroup[] {
  const sorted = [...alerts].sort((a, b) => rank(a) - rank(b) || a.active_ms - b.active_ms);
  const groups = new Map<string, Alert[]>();
  for (const alert of sorted) groups.set(alert.rule, [...(groups.get(alert.rule) ?? []), alert]);
  return [...groups].map(([rule, members]) => ({ rule, alerts: members }));
}

/** The rule of a name, wherever it stands. */
export function ruleNamed(files: readonly RuleFile[], name: string): Rule | undefined {
  return files
    .flatMap((file) => file.groups.flatMap((group) => group.rules))
    .find((rule) => rule.name === name);
}

export const rulesIn = (files: readonly RuleFile[]): number =>
  files.reduce(
    (total, file) => total + file.groups.reduce((sum, group) => sum + group.rules.length, 0),
    0,
  );

/** A file with one rule on an expression, to be finished by hand. */
export function fileWith(expr: string): string {
  const lines = expr.trim().split("\n");
  const text =
    lines.length === 1 && !/[:#{}"'[\]]/.test(expr)
      ? ` ${expr.trim()}`
      : ` |-\n${lines.map((line) => `          ${line}`).join("\n")}`;
  return `groups:
  - name: from-explore
    rules:
      - alert: NameIt
        expr:${text}
        for: 5m
        labels:
          severity: warning
        annotations:
          summary: "{{ $labels.instance }}: {{ $value }}"
`;
}

export const NEW_FILE = `groups:
  - name: availability
    rules:
      - alert: InstanceDown
        expr: up == 0
        for: 1m
        labels:
          severity: critical
        annotations:
          summary: "{{ $labels.instance }} of {{ $labels.job }} is down"
`;
