import { type ReactNode, useMemo, useState } from "react";
import type { Preview } from "@/api/privacy";
import { Glyph } from "@/ui/Glyph";
import { Tag } from "@/ui/Panel";
import { folded, type Line, linesOf, type Piece, partsOf } from "./difference";
import { ruleWords } from "./words";

const INDENT_CH = 2;
const LONGEST = 600;

/** The sample with what would be taken out struck through, and by which rule. */
export function Difference({
  preview,
  isPasted,
}: {
  preview: Preview;
  isPasted: boolean;
}): ReactNode {
  const pieces = useMemo(
    () => folded(linesOf(preview.before ?? {}, preview.after ?? {})),
    [preview.before, preview.after],
  );
  const rules = useMemo(
    () => new Map(preview.hits.map((hit) => [hit.path, ruleWords(hit.rule)])),
    [preview.hits],
  );
  if (preview.problem)
    return <p className="muted">Nothing is tried until every rule can be used.</p>;
  const count = preview.hits.length;
  return (
    <div className="stack tight">
      <p className="row s" aria-live="polite">
        <Glyph status={count > 0 ? "ok" : "note"} label="" />
        {count > 0
          ? `${count === 50 ? "50 or more" : count} ${count === 1 ? "place" : "places"} hidden`
          : "Nothing would be hidden"}
        {isPasted ? null : (
          <span className="faint">the event is stored scrubbed, so only new rules show here</span>
        )}
      </p>
      <ol className="difference mono" aria-label="What would be stored">
        {pieces.map((piece) => (
          <PieceRow key={piece.at} piece={piece} rules={rules} />
        ))}
      </ol>
    </div>
  );
}

function PieceRow({
  piece,
  rules,
}: {
  piece: Piece;
  rules: ReadonlyMap<string, string>;
}): ReactNode {
  const [isOpen, setIsOpen] = useState(false);
  if (piece.kind === "line") return <LineRow line={piece.line} rule={rules.get(piece.line.path)} />;
  if (isOpen)
    return piece.lines.map((line, at) => (
      // biome-ignore lint/suspicious/noArrayIndexKey: the lines of a fold never move.
      <LineRow key={at} line={line} rule={undefined} />
    ));
  return (
    <li>
      <button type="button" className="fold" onClick={() => setIsOpen(true)}>
        {piece.lines.length} unchanged {piece.lines.length === 1 ? "line" : "lines"}
      </button>
    </li>
  );
}

function LineRow({ line, rule }: { line: Line; rule: string | undefined }): ReactNode {
  return (
    <li className={line.kind} style={{ paddingLeft: `${line.depth * INDENT_CH + 1}ch` }}>
      <span>
        {line.label ? <span className="faint">{line.label}: </span> : null}
        <Value line={line} />
      </span>
      {rule && line.kind !== "same" ? <Tag>{rule}</Tag> : null}
    </li>
  );
}

function Value({ line }: { line: Line }): ReactNode {
  if (line.kind === "same") return cut(line.after);
  if (line.kind === "removed") return <del>{cut(line.before)}</del>;
  if (line.kind === "added") return <ins>{cut(line.after)}</ins>;
  const { start, gone, put, end } = partsOf(line.before, line.after);
  return (
    <>
      {start.length > LONGEST ? `…${start.slice(-LONGEST / 4)}` : start}
      {gone ? <del>{cut(gone)}</del> : null}
      {put ? <ins>{cut(put)}</ins> : null}
      {cut(end)}
    </>
  );
}

const cut = (text: string): string => (text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text);
