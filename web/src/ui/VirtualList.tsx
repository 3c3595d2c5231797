import {
  type ReactNode,
  type RefObject,
  useCallback,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from "react";
import { offsetsOf, windowIn } from "./windowing";

interface VirtualListProps<Row> {
  label: string;
  rows: readonly Row[];
  rowKey: (row: Row) => string;
  /** CSS pixels of a row that was not drawn yet. */
  estimate: number;
  children: (row: Row, index: number) => ReactNode;
  /** Stands above the rows and stays in view. */
  head?: ReactNode;
  foot?: ReactNode;
  className?: string;
  /** Keep the end in view while rows are added, until someone scrolls up. */
  isPinned?: boolean;
  onPinned?: (isPinned: boolean) => void;
  /** Rows near the end are in view. */
  onEnd?: (() => void) | undefined;
  /** Brought into view whenever it changes. */
  show?: string | null;
}

const SPARE_PX = 400;
const END_PX = 24;

/** Rows of any height in a scrolling box; only those in view are drawn, and measured as they are. */
export function VirtualList<Row>(props: VirtualListProps<Row>): ReactNode {
  const { rows, rowKey, estimate, isPinned = false, onPinned, onEnd, show = null } = props;
  const host = useRef<HTMLElement>(null);
  const body = useRef<HTMLDivElement>(null);
  const heights = useRef(new Map<string, number>());
  const [measured, setMeasured] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `measured` counts changes of the heights.
  const offsets = useMemo(
    () => offsetsOf(rows.map((row) => heights.current.get(rowKey(row)) ?? estimate)),
    [rows, rowKey, estimate, measured],
  );
  const [first, last] = useScrolled(host, offsets, onEnd, onPinned);
  const measure = useCallback((key: string, height: number): void => {
    if (heights.current.get(key) === height) return;
    heights.current.set(key, height);
    setMeasured((n) => n + 1);
  }, []);
  const total = offsets.at(-1) ?? 0;
  useLayoutEffect(() => {
    const box = host.current;
    if (box && isPinned && total >= 0) box.scrollTop = box.scrollHeight;
  }, [isPinned, total]);
  const at = show === null ? -1 : rows.findIndex((row) => rowKey(row) === show);
  const latest = useRef(offsets);
  latest.current = offsets;
  useLayoutEffect(() => {
    const box = host.current;
    if (box === null || at < 0) return;
    reveal(box, latest.current[at] ?? 0, latest.current[at + 1] ?? 0, body.current?.offsetTop ?? 0);
  }, [at]);
  return (
    <section
      ref={host}
      className={`vlist ${props.className ?? ""}`}
      aria-label={props.label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrollable region is reached by keyboard.
      tabIndex={0}
    >
      {/* biome-ignore lint/a11y/useSemanticElements: a windowed list of rows of any height is no table. */}
      <div role="table" aria-label={props.label} aria-rowcount={rows.length}>
        {props.head}
        {/* biome-ignore lint/a11y/useSemanticElements: as above. */}
        <div ref={body} role="rowgroup" className="vlist-body" style={{ height: total }}>
          {rows.slice(first, last).map((row, i) => {
            const key = rowKey(row);
            return (
              <Measured key={key} name={key} top={offsets[first + i] ?? 0} onHeight={measure}>
                {props.children(row, first + i)}
              </Measured>
            );
          })}
        </div>
      </div>
      {props.foot}
    </section>
  );
}

function Measured({
  name,
  top,
  onHeight,
  children,
}: {
  name: string;
  top: number;
  onHeight: (key: string, height: number) => void;
  children: ReactNode;
}): ReactNode {
  const ref = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const element = ref.current;
    if (element === null) return;
    const look = (): void => onHeight(name, element.offsetHeight);
    look();
    const observer = new ResizeObserver(look);
    observer.observe(element);
    return () => observer.disconnect();
  }, [name, onHeight]);
  return (
    <div
      ref={ref}
      role="presentation"
      className="vlist-row"
      style={{ transform: `translateY(${top}px)` }}
    >
      {children}
    </div>
  );
}

/** Scrolls as little as brings the stretch into view, below the head. */
function reveal(box: HTMLElement, top: number, bottom: number, head: number): void {
  if (top < box.scrollTop) box.scrollTop = top;
  else if (bottom + head > box.scrollTop + box.clientHeight)
    box.scrollTop = bottom + head - box.clientHeight;
}

/** First and last row (the latter out) in view. */
function useScrolled(
  host: RefObject<HTMLElement | null>,
  offsets: Float64Array,
  onEnd: (() => void) | undefined,
  onPinned: ((isPinned: boolean) => void) | undefined,
): [number, number] {
  const [range, setRange] = useState<[number, number]>([0, 60]);
  const told = useRef({ onEnd, onPinned });
  told.current = { onEnd, onPinned };
  useEffect(() => {
    const box = host.current;
    if (box === null) return;
    const look = (): void => {
      const next = windowIn(
        offsets,
        box.scrollTop - SPARE_PX,
        box.scrollTop + box.clientHeight + SPARE_PX,
      );
      setRange((old) => (old[0] === next[0] && old[1] === next[1] ? old : next));
      if (next[1] >= offsets.length - 1 && offsets.length > 1) told.current.onEnd?.();
    };
    const scrolled = (): void => {
      look();
      const rest = box.scrollHeight - box.scrollTop - box.clientHeight;
      told.current.onPinned?.(rest <= END_PX);
    };
    look();
    const observer = new ResizeObserver(look);
    observer.observe(box);
    box.addEventListener("scroll", scrolled, { passive: true });
    return () => {
      observer.disconnect();
      box.removeEventListener("scroll", scrolled);
    };
  }, [host, offsets]);
  const most = Math.max(0, offsets.length - 1);
  return [Math.min(range[0], most), Math.min(range[1], most)];
}
