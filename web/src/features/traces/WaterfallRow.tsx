import { memo, type ReactNode } from "react";
import { count, duration } from "@/lib/units";
import { Glyph } from "@/ui/Glyph";
import { Icon } from "@/ui/Icon";
import { toMs } from "./colors";
import type { Drawing } from "./drawing";
import { gapsOf, hasChildren, type Stretch } from "./tree";

interface WaterfallRowProps {
  row: number;
  /** Its place in the list. */
  place: number;
  /** CSS pixels. */
  height: number;
  drawing: Drawing;
  domain: Stretch;
  baseDepth: number;
  isFolded: boolean;
  isCursor: boolean;
  isChosen: boolean;
  isCritical: boolean;
  isDim: boolean;
}

const INDENT = 12;
const MOST_INDENT = 14;

/** One span: its name in the tree, its bar on the time axis. */
export const WaterfallRow = memo(function WaterfallRow(props: WaterfallRowProps): ReactNode {
  const { row, place, height, drawing, baseDepth, isFolded } = props;
  const { rows } = drawing;
  const depth = (rows.depth[row] ?? 0) - baseDepth;
  const isOpen = hasChildren(rows, row);
  const isMissing = rows.is_missing[row] ?? false;
  const classes = [
    "wf-row",
    props.isChosen && "chosen",
    props.isCursor && "cursor",
    props.isDim && "dim",
    isMissing && "missing",
    props.isCritical && !rows.is_critical[row] && "aside",
  ];
  return (
    // biome-ignore lint/a11y/useSemanticElements: a windowed list of any length is no table.
    // biome-ignore lint/a11y/useFocusableInteractive: the grid has the focus and names the active row.
    <div
      role="row"
      id={`span-${row}`}
      data-row={row}
      className={classes.filter(Boolean).join(" ")}
      aria-level={depth + 1}
      aria-rowindex={place + 2}
      aria-selected={props.isChosen}
      {...(isOpen ? { "aria-expanded": !isFolded } : {})}
      style={{ height, transform: `translateY(${place * height}px)` }}
    >
      {/* biome-ignore lint/a11y/useSemanticElements: as above. */}
      {/* biome-ignore lint/a11y/useFocusableInteractive: as above. */}
      <div
        role="gridcell"
        className="wf-name"
        style={{ paddingLeft: 6 + Math.min(depth, MOST_INDENT) * INDENT }}
      >
        {isOpen ? (
          <span className="fold" aria-hidden="true" title={isFolded ? "Unfold" : "Fold"}>
            <Icon name={isFolded ? "right" : "down"} small />
            {isFolded ? <b>{count(rows.descendants[row] ?? 0)}</b> : null}
          </span>
        ) : (
          <span className="fold none" />
        )}
        <i
          className="wf-mark"
          style={{ background: isMissing ? undefined : `var(--${drawing.color(row)})` }}
          aria-hidden="true"
        />
        {drawing.isFailed(row) ? <Glyph status="crit" label="failed" /> : null}
        {(rows.errors[row] ?? 0) > 0 ? (
          <Glyph status="warn" label={`${rows.errors[row]} error events`} />
        ) : null}
        <span className="trunc" title={`${drawing.service(row)} · ${drawing.name(row)}`}>
          {depth > MOST_INDENT ? <span className="faint s">+{depth - MOST_INDENT} </span> : null}
          {drawing.name(row)}
        </span>
        <span className="faint s trunc wf-service">{isMissing ? "" : drawing.service(row)}</span>
      </div>
      {/* biome-ignore lint/a11y/useSemanticElements: as above. */}
      {/* biome-ignore lint/a11y/useFocusableInteractive: as above. */}
      <div role="gridcell" className="wf-time">
        <Bar {...props} />
      </div>
      {/* biome-ignore lint/a11y/useSemanticElements: as above. */}
      {/* biome-ignore lint/a11y/useFocusableInteractive: as above. */}
      <span role="gridcell" className="wf-self only-l">
        {isMissing ? "" : duration(toMs(rows.self_ns[row] ?? 0))}
      </span>
    </div>
  );
});

function Bar({ row, drawing, domain, isCritical }: WaterfallRowProps): ReactNode {
  const { rows } = drawing;
  const start = rows.start_ns[row] ?? 0;
  const length = rows.duration_ns[row] ?? 0;
  const wide = domain.to - domain.from;
  const left = ((start - domain.from) / wide) * 100;
  const width = (length / wide) * 100;
  const text = duration(toMs(length));
  if (left > 100) return <span className="wf-label off end">{text} ›</span>;
  if (left + width < 0) return <span className="wf-label off">‹ {text}</span>;
  const right = Math.min(100, left + width);
  const style = (stretch: Stretch) => ({
    left: `${((stretch.from - domain.from) / wide) * 100}%`,
    width: `${((stretch.to - stretch.from) / wide) * 100}%`,
  });
  return (
    <>
      <i
        className={drawing.isFailed(row) ? "wf-bar bad" : "wf-bar"}
        style={{
          left: `${left}%`,
          width: `max(2px, ${width}%)`,
          background: rows.is_missing[row] ? undefined : `var(--${drawing.color(row)})`,
        }}
      />
      {gapsOf(rows, row)
        .filter((gap) => (gap.to - gap.from) / wide > LEAST_GAP_SHARE)
        .map((gap) => (
          <i
            key={gap.from}
            className="wf-gap"
            style={style(gap)}
            title={`${duration(toMs(gap.to - gap.from))} not instrumented`}
          />
        ))}
      {isCritical
        ? drawing.critical
            .get(row)
            ?.map((one) => <i key={one.from} className="wf-critical" style={style(one)} />)
        : null}
      <Label text={text} left={left} right={right} />
    </>
  );
}

const LEAST_GAP_SHARE = 0.01;
const ROOM = 12;

/** Behind the bar if there is room, else before it, else on it. */
function Label({ text, left, right }: { text: string; left: number; right: number }): ReactNode {
  if (right < 100 - ROOM)
    return (
      <span className="wf-label" style={{ left: `calc(${right}% + 6px)` }}>
        {text}
      </span>
    );
  if (left > ROOM)
    return (
      <span className="wf-label" style={{ right: `calc(${100 - left}% + 6px)` }}>
        {text}
      </span>
    );
  return (
    <span className="wf-label on" style={{ right: `calc(${100 - right}% + 6px)` }}>
      {text}
    </span>
  );
}
