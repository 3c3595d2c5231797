/** What the menu of an issue offers in its list. */
import type { IssueChange } from "@/api/issue-acts";
import type { IssueRow } from "@/api/types";
import { narrowed, searchTerm } from "@/lib/search-terms";
import type { RowFacts, RowTerm } from "@/ui/row-menu";

interface IssueMenu {
  readonly q: string;
  readonly onSearch: (q: string) => void;
  readonly onPeek: (id: string) => void;
  readonly onChange: (row: IssueRow, change: IssueChange) => void;
}

export function issueFacts(row: IssueRow, menu: IssueMenu): RowFacts {
  const { q, onSearch } = menu;
  const term = (key: string, value: string): RowTerm => ({
    label: `${key} ${value}`,
    onFilter: () => onSearch(narrowed(q, searchTerm(key, value))),
    onExclude: () => onSearch(narrowed(q, `-${searchTerm(key, value)}`)),
  });
  const known = [
    ["type", row.type],
    ["release", row.release],
    ["environment", row.environment],
    ["level", row.level],
  ] as const;
  const isResolved = row.status === "resolved";
  const isIgnored = row.status === "ignored";
  return {
    name: `Issue ${row.short_id}`,
    page: { to: `errors/${row.short_id}` },
    onPeek: () => menu.onPeek(row.short_id),
    terms: known.filter(([, value]) => value !== "").map(([key, value]) => term(key, value)),
    copies: [
      { label: "short id", text: row.short_id },
      { label: "title", text: row.title },
    ],
    acts: [
      {
        label: isResolved ? "Unresolve" : "Resolve",
        keys: "R",
        run: () => menu.onChange(row, { status: isResolved ? "unresolved" : "resolved" }),
      },
      {
        label: isIgnored ? "Stop ignoring" : "Ignore",
        keys: "I",
        run: () => menu.onChange(row, { status: isIgnored ? "unresolved" : "ignored" }),
      },
    ],
  };
}
