import type { ReactNode } from "react";

export interface Column<Row> {
  readonly head: string;
  readonly cell: (row: Row) => ReactNode;
  readonly isNumber?: boolean;
  /** Left out on phones. */
  readonly isWideOnly?: boolean;
  /** CSS width; the first column takes what is left. */
  readonly width?: string;
  /** The head is for screen readers only (a column of buttons). */
  readonly isSilent?: boolean;
}

interface TableProps<Row> {
  label: string;
  rows: readonly Row[];
  rowKey: (row: Row) => string | number;
  columns: readonly Column<Row>[];
  /** Said where there is no row. */
  empty: ReactNode;
}

/** A plain table: heads with scope, numbers at the right, columns that phones can do without. */
export function Table<Row>({ label, rows, rowKey, columns, empty }: TableProps<Row>): ReactNode {
  if (rows.length === 0) return <div className="pad muted">{empty}</div>;
  return (
    <table className="t" aria-label={label}>
      <thead>
        <tr>
          {columns.map((column) => (
            <th
              key={column.head}
              scope="col"
              className={classOf(column)}
              style={column.width ? { width: column.width } : undefined}
            >
              {column.isSilent ? <span className="sr">{column.head}</span> : column.head}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={rowKey(row)}>
            {columns.map((column) => (
              <td key={column.head} className={classOf(column)}>
                {column.cell(row)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const classOf = <Row,>({ isNumber, isWideOnly }: Column<Row>): string | undefined =>
  [isNumber && "num", isWideOnly && "only-l"].filter(Boolean).join(" ") || undefined;
