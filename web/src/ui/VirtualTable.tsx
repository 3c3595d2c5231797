import { type ReactNode, useEffect, useRef, useState } from "react";
import { type RowFacts, rowMenu } from "./row-menu";

interface VirtualTableProps<Row> {
  label: string;
  /** The heads, as `th` with scope. */
  head: ReactNode;
  /** How many rows there are, fetched or not. */
  total: number;
  /** Those that are fetched, from the first on. */
  rows: readonly Row[];
  /** CSS pixels, the same for each. */
  rowHeight: number;
  /** Called when rows beyond the fetched ones come near. */
  onNear?: (() => void) | undefined;
  rowKey: (row: Row) => string;
  className?: string | undefined;
  rowClass?: (row: Row) => string | undefined;
  /** What the menu of a row offers (`.`, right click). */
  rowFacts?: (row: Row) => RowFacts;
  /** The cells of a row. */
  children: (row: Row) => ReactNode;
}

const OVERSCAN = 12;

/** A long table that scrolls with the page and draws only the rows that are seen. */
export function VirtualTable<Row>(props: VirtualTableProps<Row>): ReactNode {
  const { label, head, total, rows, rowHeight, onNear, rowKey, className, rowClass, rowFacts } =
    props;
  const body = useRef<HTMLTableSectionElement>(null);
  const [from, to] = useWindow(body, rowHeight, total);
  const near = useRef(onNear);
  near.current = onNear;
  const missing = Math.min(to + OVERSCAN, total) - rows.length;
  useEffect(() => {
    if (missing > 0) near.current?.();
  }, [missing]);
  const drawn = rows.slice(from, to);
  return (
    <table
      className={className ? `t ${className}` : "t"}
      aria-label={label}
      aria-rowcount={total + 1}
    >
      <thead>
        <tr aria-rowindex={1}>{head}</tr>
      </thead>
      <tbody ref={body}>
        <Space rows={from} rowHeight={rowHeight} />
        {drawn.map((row, i) => (
          <tr
            key={rowKey(row)}
            aria-rowindex={from + i + 2}
            className={rowClass?.(row)}
            style={{ height: rowHeight }}
            {...(rowFacts ? rowMenu(() => rowFacts(row)) : {})}
          >
            {props.children(row)}
          </tr>
        ))}
        <Space rows={total - from - drawn.length} rowHeight={rowHeight} />
      </tbody>
    </table>
  );
}

/** Holds the place of rows that are not drawn. */
function Space({ rows, rowHeight }: { rows: number; rowHeight: number }): ReactNode {
  if (rows <= 0) return null;
  return <tr className="space" style={{ height: rows * rowHeight }} />;
}

/** First and last row (the latter out) that lie in the window, with some to spare. */
function useWindow(
  body: { current: HTMLTableSectionElement | null },
  rowHeight: number,
  total: number,
): [number, number] {
  const [range, setRange] = useState<[number, number]>([0, 40]);
  useEffect(() => {
    const look = (): void => {
      const top = body.current?.getBoundingClientRect().top ?? 0;
      const first = Math.min(Math.max(0, Math.floor(-top / rowHeight) - OVERSCAN), total);
      const last = Math.min(total, Math.ceil((innerHeight - top) / rowHeight) + OVERSCAN);
      setRange((old) => (old[0] === first && old[1] === last ? old : [first, last]));
    };
    look();
    addEventListener("scroll", look, { passive: true });
    addEventListener("resize", look);
    return () => {
      removeEventListener("scroll", look);
      removeEventListener("resize", look);
    };
  }, [body, rowHeight, total]);
  return range;
}
