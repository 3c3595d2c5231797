import { useSearchState } from "./scope";

/** The row that a list's keys act on, and the one that is open beside the list; both in the address. */
export interface Cursor {
  /** Place among the rows; −1 while it is nowhere. */
  readonly at: number;
  readonly id: string | null;
  readonly peeked: string | null;
  /** To the next or an earlier row; what is open beside follows. */
  readonly move: (by: number) => void;
  /** Opens a row beside the list; the same one again closes it. */
  readonly peek: (id: string | null) => void;
  /** Closes what is open beside, else takes the cursor away. */
  readonly leave: () => void;
  /** The keys of all lists. */
  readonly keys: Readonly<Record<string, () => void>>;
}

/**
 * ids: of the rows, as drawn. elementOf: id of the element that is scrolled to; without, the list
 * scrolls by itself. onReach: the cursor came to a row, which may be opened next.
 */
export function useCursor(
  ids: readonly string[],
  options: { elementOf?: (id: string) => string; onReach?: (id: string) => void } = {},
): Cursor {
  const [search, change] = useSearchState();
  const at = ids.indexOf(search.sel ?? "");
  const peeked = search.peek !== undefined && ids.includes(search.peek) ? search.peek : null;
  const move = (by: number): void => {
    const next = ids[Math.min(Math.max(at + by, 0), ids.length - 1)];
    if (next === undefined) return;
    change(peeked === null ? { sel: next } : { sel: next, peek: next }, true);
    const element = options.elementOf && document.getElementById(options.elementOf(next));
    element?.scrollIntoView({ block: "nearest" });
    options.onReach?.(next);
  };
  const peek = (id: string | null): void =>
    id === null || id === peeked
      ? change({ peek: undefined }, true)
      : change({ sel: id, peek: id }, true);
  const leave = (): void => change(peeked ? { peek: undefined } : { sel: undefined }, true);
  const beside = (): void => peek(ids[Math.max(at, 0)] ?? null);
  return {
    at,
    id: ids[at] ?? null,
    peeked,
    move,
    peek,
    leave,
    keys: {
      j: () => move(1),
      k: () => move(-1),
      "Shift+Enter": beside,
      Escape: leave,
    },
  };
}
