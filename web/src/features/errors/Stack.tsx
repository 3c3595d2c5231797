import { type ReactNode, useState } from "react";
import type { IssueEvent, StackException, StackFrame, StackThread } from "@/api/issues";
import { Icon } from "@/ui/Icon";
import { Tag } from "@/ui/Panel";
import { asItRan, libraryNames, newestFirst, outermostFirst, type Piece, pieces } from "./frames";
import { plainText, Shown } from "./Hidden";
import { highlight } from "./highlight";

export type StackView = "readable" | "raw" | "minified";

export const stackViewOf = (text: string | null): StackView =>
  text === "raw" || text === "minified" ? text : "readable";

/** Exceptions as their language prints them, then the threads. */
export function Stack({ event, view }: { event: IssueEvent; view: StackView }): ReactNode {
  const { stacks } = event;
  const { exceptions, threads, frames } = stacks;
  const shownThreads = threads.filter((one) => one.frames.length > 0 || one.is_crashed);
  if (exceptions.length === 0 && frames.length === 0 && shownThreads.length === 0)
    return (
      <div className="state">
        <p className="mono pre">{event.message || "This event has no stack trace."}</p>
      </div>
    );
  if (view === "raw")
    return (
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrollable region is reached by keyboard.
      <pre className="raw" tabIndex={0}>
        {stacks.text}
      </pre>
    );
  const isMinified = view === "minified" && stacks.has_minified;
  const shown = { event, isMinified, isNewestFirst: stacks.is_newest_first };
  return (
    <>
      {outermostFirst(exceptions).map((one) => (
        <Exception key={one.id} exception={one} hasHead={exceptions.length > 1} {...shown} />
      ))}
      {exceptions.length === 0 && frames.length > 0 ? (
        <Frames frames={frames} omitted={0} {...shown} />
      ) : null}
      {shownThreads.length > 0 ? <Threads threads={shownThreads} {...shown} /> : null}
    </>
  );
}

interface ShownProps {
  event: IssueEvent;
  isMinified: boolean;
  isNewestFirst: boolean;
}

const RELATIONS: Record<string, string> = {
  cause: "Caused by ",
  context: "While handling ",
  member: "Member ",
};

function Exception({
  exception,
  hasHead,
  ...shown
}: ShownProps & { exception: StackException; hasHead: boolean }): ReactNode {
  const said = exception.parent_id === null ? "" : (RELATIONS[exception.relation] ?? "");
  return (
    <>
      {hasHead ? (
        <p className="exception" style={{ paddingLeft: 12 + Math.min(exception.depth, 6) * 12 }}>
          {said ? <span className="faint">{said}</span> : null}
          <b className="m">{exception.type}</b>
          {exception.value ? <span className="muted">: {exception.value}</span> : null}{" "}
          {exception.is_handled === false ? <Tag tone="warn">unhandled</Tag> : null}
        </p>
      ) : null}
      <Frames frames={exception.frames} omitted={exception.omitted} {...shown} />
    </>
  );
}

function Frames({
  frames,
  omitted,
  event,
  isMinified,
  isNewestFirst,
}: ShownProps & { frames: readonly StackFrame[]; omitted: number }): ReactNode {
  const ordered = newestFirst(frames, isNewestFirst).map((one) =>
    isMinified ? asItRan(one) : one,
  );
  const parts = pieces(ordered);
  const first = parts.find((one) => one.kind === "frame")?.key;
  if (parts.length === 0) return <p className="pad faint">No frames were sent.</p>;
  return (
    <>
      {parts.map((piece) => (
        <PieceRow
          key={`${isMinified} ${piece.key}`}
          piece={piece}
          event={event}
          isOpen={piece.key === first}
        />
      ))}
      {omitted > 0 ? <p className="pad faint s">{omitted} more frames were left out.</p> : null}
    </>
  );
}

/** The threads of the process; the one that crashed is named. */
function Threads({
  threads,
  ...shown
}: ShownProps & { threads: readonly StackThread[] }): ReactNode {
  const [open, setOpen] = useState<string | null>(null);
  return (
    <section aria-label="Threads" className="threads">
      <h3 className="m">Threads</h3>
      {threads.map((one) => (
        <div key={one.id} className="frame">
          <button
            type="button"
            className="frame-head"
            aria-expanded={open === one.id}
            onClick={() => setOpen(open === one.id ? null : one.id)}
          >
            <Icon name={open === one.id ? "down" : "right"} small />
            <span className="trunc">
              {one.name || `Thread ${one.id}`} <span className="faint s">{one.state}</span>
            </span>
            <span className="end row">
              {one.is_crashed ? <Tag tone="crit">crashed</Tag> : null}
              {one.is_current ? <Tag>current</Tag> : null}
            </span>
          </button>
          {open === one.id ? <Frames frames={one.frames} omitted={one.omitted} {...shown} /> : null}
        </div>
      ))}
    </section>
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
  const hasMore =
    frame.context.length > 0 || Object.keys(frame.vars).length > 0 || frame.note !== "";
  const [isOpen, setOpen] = useState(opens && hasMore);
  const place = [frame.lineno, frame.colno].filter((one) => one !== null).join(":");
  return (
    <div className="frame">
      <button
        type="button"
        className="frame-head"
        aria-expanded={hasMore ? isOpen : undefined}
        aria-disabled={!hasMore || undefined}
        onClick={() => (hasMore ? setOpen(!isOpen) : undefined)}
      >
        <Icon name={isOpen ? "down" : "right"} small />
        <span className="mono trunc" title={frame.abs_path || frame.package || frame.filename}>
          <span className={isOpen ? "m" : undefined}>
            {frame.filename || frame.module || frame.package || frame.abs_path || "?"}
          </span>
          <span className="faint">{place === "" ? "" : `:${place}`}</span> in{" "}
          <span className="m" title={frame.raw_function}>
            {frame.function || frame.address || "?"}
          </span>
        </span>
        {frame.is_in_app ? (
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
  const vars = Object.entries(frame.vars);
  return (
    <>
      {frame.note ? <p className="frame-note muted s">{frame.note}</p> : null}
      {frame.context.length > 0 ? (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrollable region is reached by keyboard.
        <pre className="code" tabIndex={0}>
          <code>
            {frame.context.map((line) => (
              <Line
                key={line.lineno}
                text={line.text}
                number={line.lineno}
                isFailing={line.lineno === frame.lineno}
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
