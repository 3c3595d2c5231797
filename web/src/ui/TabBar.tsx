import { type KeyboardEvent, type ReactNode, useLayoutEffect, useRef } from "react";

export interface TabItem<Id extends string> {
  readonly id: Id;
  readonly label: string;
  /** Stands behind the label: a count. */
  readonly note?: ReactNode;
}

interface TabBarProps<Id extends string> {
  label: string;
  tabs: readonly TabItem<Id>[];
  /** null while none of them is open. */
  value: Id | null;
  onChoose: (id: Id) => void;
  /** It begins at the edge of what it stands in: on the page, not in a panel. */
  isFlush?: boolean;
}

const STEPS: Readonly<Record<string, number>> = { ArrowRight: 1, ArrowLeft: -1 };

/** Tabs of which one is open. Tab reaches the open one, arrows go to its neighbours. */
export function TabBar<Id extends string>(props: TabBarProps<Id>): ReactNode {
  const { label, tabs, value, onChoose, isFlush = false } = props;
  const list = useRef<HTMLDivElement>(null);
  const reached = tabs.some((one) => one.id === value) ? value : tabs[0]?.id;
  // On a narrow screen the open one may lie beyond the edge. The page itself must not move.
  useLayoutEffect(() => {
    const box = list.current;
    const open = reached && box?.querySelector<HTMLElement>("[aria-selected=true]");
    if (!box || !open) return;
    const end = open.offsetLeft - box.offsetLeft + open.offsetWidth;
    if (end > box.scrollLeft + box.clientWidth) box.scrollLeft = end - box.clientWidth;
  }, [reached]);
  const onKeyDown = (event: KeyboardEvent, at: number): void => {
    const by = STEPS[event.key];
    if (by === undefined) return;
    const next = (at + by + tabs.length) % tabs.length;
    const chosen = tabs[next];
    if (chosen === undefined) return;
    // Prevented: the page's own arrow keys leave it alone.
    event.preventDefault();
    onChoose(chosen.id);
    list.current?.querySelectorAll<HTMLElement>("[role=tab]")[next]?.focus();
  };
  return (
    <div
      ref={list}
      className={isFlush ? "tabbar flush" : "tabbar"}
      role="tablist"
      aria-label={label}
    >
      {tabs.map((one, at) => (
        <button
          key={one.id}
          type="button"
          role="tab"
          aria-selected={one.id === value}
          tabIndex={one.id === reached ? 0 : -1}
          onClick={() => onChoose(one.id)}
          onKeyDown={(event) => onKeyDown(event, at)}
        >
          {one.label}
          {one.note === undefined ? null : <span className="faint s tab-count">{one.note}</span>}
        </button>
      ))}
    </div>
  );
}
