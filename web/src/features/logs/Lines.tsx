import { memo, type ReactNode, useCallback, useRef } from "react";
import type { LogLine } from "@/api/logs";
import type { Scope } from "@/api/scope";
import { clockSeconds, moment } from "@/lib/time";
import { Icon } from "@/ui/Icon";
import { type RowFacts, rowMenu } from "@/ui/row-menu";
import { SeverityGlyph } from "@/ui/SeverityGlyph";
import { VirtualList } from "@/ui/VirtualList";
import { cellOf, headOf } from "./columns";
import { LineDetail } from "./LineDetail";
import { lineFacts } from "./line-menu";
import { marked, oneLine, withoutColors } from "./terms";

interface LinesProps {
  scope: Scope;
  rows: readonly LogLine[];
  /** To be marked in the text. */
  words: readonly string[];
  columns: readonly string[];
  isWrapped: boolean;
  open: ReadonlySet<string>;
  cursor: string | null;
  onToggle: (id: string) => void;
  onTerm: (term: string) => void;
  onEnd?: (() => void) | undefined;
  head?: ReactNode;
  foot?: ReactNode;
  /** Opens a line beside the list. */
  onPeek?: (id: string) => void;
  isPinned?: boolean;
  onPinned?: (isPinned: boolean) => void;
}

const ROW = 24;
const PHONE_ROW = 44;
const idOf = (line: LogLine): string => line.id;

/** Lines as a terminal shows them, dense and in one width; one opens to all of its fields. */
export function Lines(props: LinesProps): ReactNode {
  const { scope, rows, columns, open, cursor, onToggle, onTerm } = props;
  const isPhone = matchMedia("(max-width: 760px)").matches;
  const press = useCallback((id: string) => onToggle(id), [onToggle]);
  const menu = { onTerm, onPeek: props.onPeek, onOpen: onToggle };
  const latest = useRef(menu);
  latest.current = menu;
  const factsOf = useCallback((line: LogLine) => lineFacts(line, latest.current), []);
  return (
    <VirtualList
      label="Lines"
      rows={rows}
      rowKey={idOf}
      estimate={isPhone ? PHONE_ROW : ROW}
      className={props.isWrapped ? "log-lines wrapped" : "log-lines"}
      head={props.head}
      foot={props.foot}
      isPinned={props.isPinned ?? false}
      {...(props.onPinned ? { onPinned: props.onPinned } : {})}
      onEnd={props.onEnd}
      show={cursor}
    >
      {(line, i) => (
        <>
          <Line
            line={line}
            place={i}
            zone={scope.zone}
            words={props.words}
            columns={columns}
            isWrapped={props.isWrapped}
            isOpen={open.has(line.id)}
            isCursor={line.id === cursor}
            onToggle={press}
            factsOf={factsOf}
          />
          {open.has(line.id) ? <LineDetail line={line} scope={scope} onTerm={onTerm} /> : null}
        </>
      )}
    </VirtualList>
  );
}

export function LinesHead({ columns }: { columns: readonly string[] }): ReactNode {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a windowed list of rows of any height is no table.
    // biome-ignore lint/a11y/useFocusableInteractive: heads are read, not used.
    <div role="row" className="log-head xs faint only-l">
      {["Time", ...columns.map(headOf), "Line"].map((name, i, all) => (
        // biome-ignore lint/a11y/useSemanticElements: as above.
        // biome-ignore lint/a11y/useFocusableInteractive: as above.
        <span
          key={name}
          role="columnheader"
          className={i === 0 ? "log-time" : i === all.length - 1 ? "grow" : "log-cell"}
        >
          {name}
        </span>
      ))}
    </div>
  );
}

interface LineProps {
  line: LogLine;
  place: number;
  zone: string;
  words: readonly string[];
  columns: readonly string[];
  isWrapped: boolean;
  isOpen: boolean;
  isCursor: boolean;
  onToggle: (id: string) => void;
  factsOf: (line: LogLine) => RowFacts;
}

const Line = memo(function Line(props: LineProps): ReactNode {
  const { line, zone, words, columns, isWrapped, isOpen, isCursor, onToggle } = props;
  const classes = ["log-line", `is-${line.severity}`, isOpen && "open", isCursor && "cursor"];
  const text = isWrapped ? withoutColors(line.body) : oneLine(line.body);
  return (
    // biome-ignore lint/a11y/useSemanticElements: a windowed list of rows of any height is no table.
    // biome-ignore lint/a11y/useFocusableInteractive: the button within takes the focus.
    // biome-ignore lint/a11y/useKeyWithClickEvents: the button within does the same by key.
    <div
      role="row"
      aria-rowindex={props.place + 1}
      className={classes.filter(Boolean).join(" ")}
      {...rowMenu(() => props.factsOf(line))}
      onClick={(event) => {
        const isSelecting = (getSelection()?.toString() ?? "") !== "";
        if (!isSelecting && !(event.target as Element).closest("a, button")) onToggle(line.id);
      }}
    >
      {/* biome-ignore lint/a11y/useSemanticElements: as above. */}
      <span role="cell" className="log-time" title={moment(line.ts_ms, zone, Date.now())}>
        <button
          type="button"
          className="log-open"
          aria-expanded={isOpen}
          aria-label={isOpen ? "Close the line" : "Open the line"}
          onClick={() => onToggle(line.id)}
        >
          <Icon name={isOpen ? "down" : "right"} small />
        </button>
        <SeverityGlyph severity={line.severity} />
        <span className="faint">
          {clockSeconds(line.ts_ms, zone)}
          <span className="only-l">.{String(Math.floor(line.ts_ms % 1000)).padStart(3, "0")}</span>
        </span>
      </span>
      {columns.map((column) => (
        // biome-ignore lint/a11y/useSemanticElements: as above.
        <span
          key={column}
          role="cell"
          className="log-cell trunc muted"
          title={cellOf(line, column)}
        >
          {cellOf(line, column)}
        </span>
      ))}
      {/* biome-ignore lint/a11y/useSemanticElements: as above. */}
      <span role="cell" className="log-body">
        {marked(text, words).map((part, i) =>
          // biome-ignore lint/suspicious/noArrayIndexKey: parts of one text never move.
          part.isHit ? <mark key={i}>{part.text}</mark> : part.text,
        )}
      </span>
    </div>
  );
});
