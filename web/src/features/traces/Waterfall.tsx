import {
  type MouseEvent,
  type ReactNode,
  useCallback,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from "react";
import { count, duration } from "@/lib/units";
import { Button } from "@/ui/controls";
import { type KeyHelp, useKeys } from "@/ui/useKeys";
import { toMs } from "./colors";
import type { Drawing } from "./drawing";
import { ancestors, hasChildren, rulerTicks, type Stretch, visibleRows, windowOf } from "./tree";
import { WaterfallRow } from "./WaterfallRow";

interface WaterfallProps {
  drawing: Drawing;
  domain: Stretch;
  isCritical: boolean;
  /** The one service that is not dimmed. */
  only: string | null;
  matches: ReadonlySet<number> | null;
  chosen: number;
  onChoose: (row: number) => void;
  onNextMatch: (by: number) => void;
}

const ROW = 26;
const PHONE_ROW = 44;
const SPARE = 10;
const SPAN_KEYS: KeyHelp = [
  ["J  K  ↓  ↑", "Next, previous span"],
  ["←  →", "Fold or to the parent, unfold"],
  ["Enter  Esc", "Open the span beside, close it"],
  ["F", "Only the span and what it called"],
  ["P", "Critical path"],
  ["/  N", "Find in the trace, next match"],
];
const NO_ROWS: ReadonlySet<number> = new Set();

/** Spans in rows on one time axis. Only the rows in view are drawn, however many there are. */
export function Waterfall(props: WaterfallProps): ReactNode {
  const { drawing, domain, chosen, onChoose } = props;
  const { rows } = drawing;
  const rowHeight = useMemo(() => (matchMedia("(max-width: 760px)").matches ? PHONE_ROW : ROW), []);
  const [folded, setFolded] = useState(NO_ROWS);
  const [focus, setFocus] = useState(-1);
  const [cursor, setCursor] = useState(chosen);
  const seen = useMemo(() => visibleRows(rows, folded, focus), [rows, folded, focus]);
  const placeOf = useMemo(() => placesOf(seen, drawing.size), [seen, drawing.size]);
  const host = useRef<HTMLDivElement>(null);
  const [first, last] = useWindow(host, rowHeight, seen.length);

  const show = useCallback(
    (row: number): void => {
      const box = host.current;
      const place = placeOf[row] ?? -1;
      if (box === null || place < 0) return;
      const top = place * rowHeight;
      const tall = box.clientHeight - HEAD;
      if (top < box.scrollTop) box.scrollTop = top - rowHeight;
      else if (top + rowHeight > box.scrollTop + tall) box.scrollTop = top - tall + rowHeight * 2;
    },
    [placeOf, rowHeight],
  );
  // What is chosen elsewhere (a link, a match) is unfolded and brought into view.
  useEffect(() => {
    if (chosen < 0) return;
    setCursor(chosen);
    setFolded((old) => without(old, ancestors(rows, chosen)));
  }, [chosen, rows]);
  useLayoutEffect(() => {
    if (cursor >= 0) show(cursor);
  }, [cursor, show]);

  const toggle = useCallback((row: number): void => setFolded((old) => toggled(old, row)), []);
  const step = (by: number): void => {
    const at = cursor < 0 ? (by > 0 ? -1 : 0) : (placeOf[cursor] ?? 0);
    const next = seen[Math.min(Math.max(at + by, 0), seen.length - 1)];
    if (next === undefined) return;
    setCursor(next);
    if (chosen >= 0) onChoose(next);
  };
  useKeys(
    {
      j: () => step(1),
      k: () => step(-1),
      ArrowDown: () => step(1),
      ArrowUp: () => step(-1),
      ArrowRight: () => {
        if (cursor >= 0 && folded.has(cursor)) toggle(cursor);
        else if (cursor >= 0 && hasChildren(rows, cursor)) step(1);
      },
      ArrowLeft: () => {
        if (cursor >= 0 && hasChildren(rows, cursor) && !folded.has(cursor)) toggle(cursor);
        else if (cursor >= 0 && (rows.parent[cursor] ?? -1) >= 0)
          setCursor(rows.parent[cursor] ?? 0);
      },
      Enter: () => (cursor >= 0 ? onChoose(cursor) : undefined),
      f: () => setFocus(focus >= 0 || cursor < 0 ? -1 : cursor),
      n: () => props.onNextMatch(1),
      N: () => props.onNextMatch(-1),
      Escape: () => (chosen >= 0 ? onChoose(-1) : setFocus(-1)),
    },
    SPAN_KEYS,
  );
  const press = (event: MouseEvent): void => {
    const target = event.target instanceof Element ? event.target : null;
    const row = Number(target?.closest<HTMLElement>("[data-row]")?.dataset.row ?? -1);
    if (row < 0) return;
    if (target?.closest(".fold")) toggle(row);
    else {
      setCursor(row);
      onChoose(row);
    }
  };
  const drawn = Array.from(seen.subarray(first, last));
  return (
    <>
      {focus >= 0 ? (
        <div className="focus-bar">
          <span className="trunc">
            Only “{drawing.name(focus)}” and what it called, {count(seen.length)} of{" "}
            {count(drawing.size)} spans
          </span>
          <Button small onClick={() => setFocus(-1)}>
            Show all <kbd className="only-l">F</kbd>
          </Button>
        </div>
      ) : null}
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: arrows, J, K and Enter are the page's keys. */}
      <div
        ref={host}
        className="waterfall"
        role="treegrid"
        tabIndex={0}
        aria-label="Spans"
        aria-rowcount={seen.length + 1}
        aria-activedescendant={cursor >= 0 ? `span-${cursor}` : undefined}
        onClick={press}
      >
        <Ruler domain={domain} extent={drawing.extent}>
          <FoldButtons rows={rows} onFold={setFolded} />
        </Ruler>
        {/* biome-ignore lint/a11y/useSemanticElements: a windowed list of any length is no table. */}
        <div role="rowgroup" className="wf-rows" style={{ height: seen.length * rowHeight }}>
          {drawn.map((row, i) => (
            <WaterfallRow
              key={row}
              row={row}
              place={first + i}
              height={rowHeight}
              drawing={drawing}
              domain={domain}
              baseDepth={focus >= 0 ? (rows.depth[focus] ?? 0) : 0}
              isFolded={folded.has(row)}
              isCursor={row === cursor}
              isChosen={row === chosen}
              isCritical={props.isCritical}
              isDim={
                (props.only !== null && drawing.service(row) !== props.only) ||
                (props.matches !== null && !props.matches.has(row))
              }
            />
          ))}
        </div>
      </div>
    </>
  );
}

/** Beyond this share of the width a tick has no room for its text. */
const LAST_TICK = 0.95;
/** Height of the ruler, which covers the first rows (CSS px). */
const HEAD = 26;

function FoldButtons({
  rows,
  onFold,
}: {
  rows: Drawing["rows"];
  onFold: (folded: ReadonlySet<number>) => void;
}): ReactNode {
  const foldAll = (): void => {
    const all = new Set<number>();
    for (let row = 0; row < rows.parent.length; row += 1)
      if ((rows.depth[row] ?? 0) > 0 && hasChildren(rows, row)) all.add(row);
    onFold(all);
  };
  return (
    <span className="fold-all">
      <button type="button" onClick={() => onFold(NO_ROWS)}>
        Unfold all
      </button>
      <button type="button" onClick={foldAll}>
        Fold all
      </button>
    </span>
  );
}

function Ruler({
  domain,
  extent,
  children,
}: {
  domain: Stretch;
  extent: Stretch;
  /** Beside the head of the names. */
  children: ReactNode;
}): ReactNode {
  const host = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(600);
  useEffect(() => {
    const element = host.current;
    if (element === null) return;
    const observer = new ResizeObserver(() => setWidth(element.clientWidth));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  const ticks = rulerTicks({ from: domain.from - extent.from, to: domain.to - extent.from }, width);
  const wide = domain.to - domain.from;
  const shareOf = (at: number): number => (at - (domain.from - extent.from)) / wide;
  return (
    // biome-ignore lint/a11y/useSemanticElements: a windowed list of any length is no table.
    // biome-ignore lint/a11y/useFocusableInteractive: the grid itself has the focus.
    <div className="wf-ruler" role="row">
      {/* biome-ignore lint/a11y/useSemanticElements: as above. */}
      {/* biome-ignore lint/a11y/useFocusableInteractive: as above. */}
      <span role="columnheader" className="wf-names">
        Span {children}
      </span>
      {/* biome-ignore lint/a11y/useSemanticElements: as above. */}
      {/* biome-ignore lint/a11y/useFocusableInteractive: as above. */}
      <div role="columnheader" aria-label="Time" ref={host}>
        {ticks
          .filter((at) => shareOf(at) < LAST_TICK)
          .map((at) => (
            <span key={at} style={{ left: `${shareOf(at) * 100}%` }}>
              {duration(toMs(at))}
            </span>
          ))}
      </div>
      {/* biome-ignore lint/a11y/useSemanticElements: as above. */}
      {/* biome-ignore lint/a11y/useFocusableInteractive: as above. */}
      <span
        role="columnheader"
        className="wf-self only-l"
        title="Time in which nothing that it called ran"
      >
        Self time
      </span>
    </div>
  );
}

/** By row: its place among the seen ones, −1 if it is folded away. */
function placesOf(seen: Int32Array, size: number): Int32Array {
  const places = new Int32Array(size).fill(-1);
  for (let place = 0; place < seen.length; place += 1) places[seen[place] ?? 0] = place;
  return places;
}

/** First and last place (the latter out) in the window of the scrolling element. */
function useWindow(
  host: { current: HTMLDivElement | null },
  rowHeight: number,
  total: number,
): [number, number] {
  const [range, setRange] = useState<[number, number]>([0, 40]);
  useEffect(() => {
    const element = host.current;
    if (element === null) return;
    const look = (): void => {
      const next = windowOf(element.scrollTop, element.clientHeight, rowHeight, total, SPARE);
      setRange((old) => (old[0] === next[0] && old[1] === next[1] ? old : next));
    };
    look();
    const observer = new ResizeObserver(look);
    observer.observe(element);
    element.addEventListener("scroll", look, { passive: true });
    return () => {
      observer.disconnect();
      element.removeEventListener("scroll", look);
    };
  }, [host, rowHeight, total]);
  return [Math.min(range[0], total), Math.min(range[1], total)];
}

function toggled(old: ReadonlySet<number>, row: number): ReadonlySet<number> {
  const next = new Set(old);
  if (!next.delete(row)) next.add(row);
  return next;
}

function without(old: ReadonlySet<number>, rows: readonly number[]): ReadonlySet<number> {
  if (!rows.some((row) => old.has(row))) return old;
  const next = new Set(old);
  for (const row of rows) next.delete(row);
  return next;
}
