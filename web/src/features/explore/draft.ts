import type { ExploreAnswer } from "@/api/explore";

const COMPARED = /(>=|<=|==|!=|>|<)\s*(?:bool\s+)?[-+]?[\d.]+(?:e[-+]?\d+)?\s*$/i;

/** The query as an alert's expression: with a limit above all that the chart shows, if it has none. */
export function draftExpression(expr: string, answer: ExploreAnswer | null): string {
  const text = expr.trim();
  if (COMPARED.test(text)) return text;
  let most = 0;
  for (const { values } of answer?.series ?? [])
    for (const value of values) if (value !== null) most = Math.max(most, value);
  const isWhole = /\b(and|or|unless)\b/i.test(text);
  return `${isWhole ? `(${text})` : text} > ${round(most * 1.2)}`;
}

/** Two figures: a limit is a round number. */
const round = (value: number): number => (value === 0 ? 1 : Number(value.toPrecision(2)));
