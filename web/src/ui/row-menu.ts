import type { MouseEvent } from "react";
import type { SearchMap } from "@/lib/url-state";

/** A value of a row that its list can be narrowed by: "service api". */
export interface RowTerm {
  readonly label: string;
  readonly onFilter: () => void;
  /** Left out where the list cannot exclude. */
  readonly onExclude?: () => void;
}

/** What the menu of a row offers; whatever does not apply is left out. */
export interface RowFacts {
  /** Names the menu: "Issue ACADEMY-4". */
  readonly name: string;
  /** Its own page, below `/o/{org}/`. */
  readonly page?: { readonly to: string; readonly search?: SearchMap };
  /** Opens a row that has no page of its own. */
  readonly onOpen?: () => void;
  readonly onPeek?: () => void;
  readonly terms?: readonly RowTerm[];
  /** `label` follows "Copy": "id", "query". */
  readonly copies?: readonly { readonly label: string; readonly text: string }[];
  /** Whatever else is done with such a row; `keys` is shown at the right. */
  readonly acts?: readonly {
    readonly label: string;
    readonly keys?: string;
    readonly run: () => void;
  }[];
}

export interface OpenMenu {
  readonly facts: RowFacts;
  /** CSS pixels in the window. */
  readonly x: number;
  readonly y: number;
  /** Has the focus again when the menu closes. */
  readonly from: HTMLElement | null;
}

let open: OpenMenu | null = null;
const watchers = new Set<() => void>();

export const openMenu = (): OpenMenu | null => open;

export function showMenu(next: OpenMenu | null): void {
  open = next;
  for (const watcher of watchers) watcher();
}

export function watchMenu(watcher: () => void): () => void {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}

interface RowMenuProps {
  readonly "data-row-menu": "";
  readonly onContextMenu: (event: MouseEvent<HTMLElement>) => void;
}

/**
 * Spread over a row's element: right click, the menu key and `.` open its menu. With Shift, over
 * selected text and in fields the browser's own menu comes instead.
 */
export function rowMenu(facts: () => RowFacts): RowMenuProps {
  return {
    "data-row-menu": "",
    onContextMenu: (event) => {
      if (isBrowsers(event)) return;
      event.preventDefault();
      event.stopPropagation();
      showMenu({ facts: facts(), ...placeOf(event), from: focused() });
    },
  };
}

function isBrowsers(event: MouseEvent<HTMLElement>): boolean {
  if (event.shiftKey) return true;
  const isField = event.target instanceof HTMLElement && event.target.closest("input, textarea");
  const selected = getSelection();
  return (
    Boolean(isField) ||
    (selected !== null && !selected.isCollapsed && selected.containsNode(event.currentTarget, true))
  );
}

/** Where the pointer is; below the row's beginning if a key was pressed. */
function placeOf(event: MouseEvent<HTMLElement>): { x: number; y: number } {
  if (event.clientX !== 0 || event.clientY !== 0) return { x: event.clientX, y: event.clientY };
  const box = event.currentTarget.getBoundingClientRect();
  return { x: box.left + 24, y: Math.min(box.bottom, innerHeight) - 4 };
}

const focused = (): HTMLElement | null =>
  document.activeElement instanceof HTMLElement ? document.activeElement : null;

const ROW = "[data-row-menu]";

/** Opens the menu of the row that has the focus, the cursor or the pointer; false if none has. */
export function openRowMenu(): boolean {
  const row =
    focused()?.closest(ROW) ??
    document.querySelector(`${ROW}:is(.cursor, .chosen, [aria-current])`) ??
    document.querySelector(`${ROW}:hover`);
  row?.dispatchEvent(new globalThis.MouseEvent("contextmenu", { bubbles: true, cancelable: true }));
  return row !== null;
}
