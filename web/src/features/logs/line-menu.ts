/** What the menu of a log line offers. */
import type { LogLine } from "@/api/logs";
import type { RowFacts } from "@/ui/row-menu";
import { termOf, withoutColors } from "./terms";

interface LineMenu {
  readonly onTerm: (term: string) => void;
  readonly onPeek?: ((id: string) => void) | undefined;
  readonly onOpen: (id: string) => void;
}

export function lineFacts(line: LogLine, { onTerm, onPeek, onOpen }: LineMenu): RowFacts {
  const known = [
    ["service", line.service],
    ["level", line.severity],
    ["host", line.host],
    ["trace", line.trace_id],
  ] as const;
  const terms = known
    .filter(([, value]) => value !== "")
    .map(([field, value]) => ({
      label: `${field} ${field === "trace" ? value.slice(0, 8) : value}`,
      onFilter: () => onTerm(termOf(field, value)),
      onExclude: () => onTerm(`-${termOf(field, value)}`),
    }));
  return {
    name: "Log line",
    ...(line.trace_id ? { page: traceOf(line) } : { onOpen: () => onOpen(line.id) }),
    ...(onPeek ? { onPeek: () => onPeek(line.id) } : {}),
    terms,
    copies: [
      { label: "text", text: withoutColors(line.body) },
      { label: "JSON", text: JSON.stringify(line, null, 2) },
      ...(line.trace_id ? [{ label: "trace id", text: line.trace_id }] : []),
    ],
  };
}

const traceOf = ({ trace_id: id, span_id: span }: LogLine): NonNullable<RowFacts["page"]> => ({
  to: `traces/${id}`,
  search: span ? { span } : {},
});
