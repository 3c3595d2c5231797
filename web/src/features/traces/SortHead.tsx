import { type ReactNode, useMemo } from "react";
import { useSearchState } from "@/api/scope";

export interface Sort {
  readonly key: string;
  readonly isUp: boolean;
  readonly choose: (key: string) => void;
}

/** Rows by the column of the address (`sort=p95` or `sort=-p95` for the least first). */
export function useSort<Row>(
  rows: readonly Row[],
  numbers: Readonly<Record<string, (row: Row) => number>>,
  first: string,
): { sorted: readonly Row[]; sort: Sort } {
  const [search, change] = useSearchState();
  const asked = search.sort ?? first;
  const isUp = asked.startsWith("-");
  const named = isUp ? asked.slice(1) : asked;
  const key = numbers[named] ? named : first;
  const sorted = useMemo(() => {
    const number = numbers[key];
    if (number === undefined) return rows;
    return [...rows].sort((a, b) => (isUp ? number(a) - number(b) : number(b) - number(a)));
  }, [rows, numbers, key, isUp]);
  const choose = (next: string): void => {
    const text = next === key ? (isUp ? next : `-${next}`) : next;
    change({ sort: text === first ? undefined : text }, true);
  };
  return { sorted, sort: { key, isUp, choose } };
}

/** A head that sorts: the greatest first, then the least. */
export function SortHead({
  sort,
  of,
  label,
  title,
  isWideOnly = false,
}: {
  sort: Sort;
  of: string;
  label: string;
  title?: string;
  isWideOnly?: boolean;
}): ReactNode {
  const isChosen = sort.key === of;
  return (
    <th
      scope="col"
      className={isWideOnly ? "num only-l" : "num"}
      {...(isChosen ? { "aria-sort": sort.isUp ? "ascending" : "descending" } : {})}
    >
      <button type="button" onClick={() => sort.choose(of)} title={title}>
        {isChosen ? (
          <span className="sort-mark" aria-hidden="true">
            {sort.isUp ? "↑" : "↓"}
          </span>
        ) : null}
        {label}
      </button>
    </th>
  );
}
