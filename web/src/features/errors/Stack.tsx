import { type ReactNode, useState } from "react";
import type { IssueEvent, StackException, StackFrame } from "@/api/issues";
import { Icon } from "@/ui/Icon";
import { Tag } from "@/ui/Panel";
import { libraryNames, opensItself, type Piece, pieces, rawTrace } from "./frames";
import { plainText, Shown } from "./Hidden";
import { highlight } from "./highlight";

/** The exceptions, the outermost first; its causes below. */
export function Stack({ event, isRaw }: { event: IssueEvent; isRaw: boolean }): ReactNode {
  if (event.exceptions.length === 0)
    return (
      <div className="state">
        <p className="mono pre">{event.message || "This event has no stack trace."}</p>
      </div>
    );
  if (isRaw)
    return (
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrollable region is reached by keyboard.
      <pre className="raw" tabIndex={0}>
        {rawTrace(event.exceptions)}
      </pre>
    );
  const chain = [...event.exceptions].reverse();
  return chain.map((exception, i) => (
    <Exception
      // biome-ignore lint/suspicious/noArrayIndexKey: a chain of one event never changes.
      key={i}
      exception={exception}
      event={event}
      isCause={i > 0}
      hasHead={chain.length > 1}
    />
  ));
}

interface ExceptionProps {
  exception: StackException;
  event: IssueEvent;
  isCause: boolean;
  hasHead: boolean;
}

function Exception({ exception, event, isCause, hasHead }: ExceptionProps): ReactNode {
  const parts = pieces(exception.frames);
  const first = parts.find((one) => one.kind === "frame")?.key;
  return (
    <>
      {hasHead ? (
        <p className="exception">
          {isCause ? <span className="faint">Caused by </span> : null}
          <b className="m">{exception.type}</b>
          <span className="muted">: {exception.value}</span>
        </p>
      ) : null}
      {parts.map((piece) => (
        <PieceRow
          key={piece.key}
          piece={piece}
          event={event}
          isOpen={piece.kind === "frame" && (piece.key === first || opensItself(piece.frame))}
        />
      ))}
      {parts.length === 0 ? <p className="pad faint">No frames were sent.</p> : null}
    </>
  );
}

function PieceRow({
  piece,
  event,
  isOpen,
}: {
  piece: Piece;
  event: IssueEvent;
  isOpen: boolean;
}): ReactNode {
  const [isUnfolded, setUnfolded] = useState(false);
  if (piece.kind === "frame") return <FrameRow frame={piece.frame} event={event} opens={isOpen} />;
  const { frames } = piece;
  return (
    <>
      <div className="frame">
        <button
          type="button"
          className="frame-head faint"
          aria-expanded={isUnfolded}
          onClick={() => setUnfolded(!isUnfolded)}
        >
          <Icon name={isUnfolded ? "down" : "right"} small />
          <span className="s">
            {frames.length} {frames.length === 1 ? "frame" : "frames"} in {libraryNames(frames)}
          </span>
        </button>
      </div>
      {isUnfolded
        ? frames.map((frame, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: frames of one event never move.
            <FrameRow key={i} frame={frame} event={event} opens={false} />
          ))
        : null}
    </>
  );
}

function FrameRow({
  frame,
  event,
  opens,
}: {
  frame: StackFrame;
  event: IssueEvent;
  opens: boolean;
}): ReactNode {
  const hasMore = frame.context_line !== null || Object.keys(frame.vars).length > 0;
  const [isOpen, setOpen] = useState(opens && hasMore);
  const place = [frame.lineno, frame.colno].filter((one) => one !== null).join(":");
  return (
    <div className="frame">
      <button
        type="button"
        className="frame-head"
        aria-expanded={hasMore ? isOpen : undefined}
        aria-disabled={hasMore ? undefined : true}
        title={hasMore ? frame.abs_path || frame.filename : "No code and no variables were sent"}
        onClick={() => (hasMore ? setOpen(!isOpen) : undefined)}
      >
        <Icon name={isOpen ? "down" : "right"} small />
        <span className="mono trunc">
          <span className={isOpen ? "m" : undefined}>
            {frame.filename || frame.module || frame.abs_path || "?"}
          </span>
          <span className="faint">{place === "" ? "" : `:${place}`}</span> in{" "}
          <span className="m">{frame.function || "?"}</span>
        </span>
        {frame.in_app ? (
          <span className="end only-l">
            <Tag>your code</Tag>
          </span>
        ) : null}
      </button>
      {isOpen ? <FrameBody frame={frame} event={event} /> : null}
    </div>
  );
}

function FrameBody({ frame, event }: { frame: StackFrame; event: IssueEvent }): ReactNode {
  const failing = frame.context_line;
  const start = (frame.lineno ?? 1) - frame.pre_context.length;
  const lines = failing === null ? [] : [...frame.pre_context, failing, ...frame.post_context];
  const vars = Object.entries(frame.vars);
  return (
    <>
      {lines.length > 0 ? (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrollable region is reached by keyboard.
        <pre className="code" tabIndex={0}>
          <code>
            {lines.map((line, i) => (
              <Line
                // biome-ignore lint/suspicious/noArrayIndexKey: lines of one event never move.
                key={i}
                text={line}
                number={start + i}
                isFailing={i === frame.pre_context.length}
              />
            ))}
          </code>
        </pre>
      ) : null}
      {vars.length > 0 ? (
        <ul className="vars" aria-label="Local values">
          {vars.map(([name, value]) => (
            <li className="mono" key={name}>
              <span className="faint">{name}</span>{" "}
              <Shown text={plainText(value)} path={`vars.${name}`} scrubbed={event.scrubbed} />
            </li>
          ))}
        </ul>
      ) : null}
    </>
  );
}

function Line({
  text,
  number,
  isFailing,
}: {
  text: string;
  number: number;
  isFailing: boolean;
}): ReactNode {
  return (
    <span className={isFailing ? "line failing" : "line"}>
      <i>{number}</i>
      <span>
        {isFailing ? <span className="sr">failing line: </span> : null}
        {highlight(text).map((token, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: tokens of one line never move.
          <span key={i} className={`tok-${token.kind}`}>
            {token.text}
          </span>
        ))}
      </span>
    </span>
  );
}
