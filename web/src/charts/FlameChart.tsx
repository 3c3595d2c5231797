import {
  type KeyboardEvent,
  type MouseEvent,
  type ReactNode,
  useCallback,
  useMemo,
  useRef,
  useState,
} from "react";
import "./charts.css";
import { boxAt, type Domain, type Flame, lanesOf, type Step, stepFrom, wholeDomain } from "./flame";
import { token } from "./theme";
import { type Draw, useCanvas } from "./useCanvas";

export interface FlameChartProps {
  /** Names the chart for screen readers. */
  title: string;
  flame: Flame;
  /** What stands on a box. */
  label: (box: number) => string;
  /** A colour token: `c1`…`c8`, `prev`. */
  color: (box: number) => string;
  /** Boxes that step back: not found by the search, library code. */
  isFaint?: (box: number) => boolean;
  isMarked?: (box: number) => boolean;
  /** Lines of the tooltip; the first is its head. */
  tip: (box: number) => readonly string[];
  chosen: number | null;
  onChoose: (box: number | null) => void;
  /** What is shown of the width; null is all. */
  domain: Domain | null;
  onDomain: (domain: Domain | null) => void;
  /** Whether a click zooms to the box as well. */
  zoomsOnClick?: boolean;
  /** Most CSS pixels; more lanes scroll inside. */
  height: number;
}

const LANE = 20;
const FONT_PX = 11;
const LEAST_TEXT_PX = 24;
const LEAST_ROOM = 1e-9;

/** Boxes in lanes on a canvas: 10,000 and more without a DOM node each. */
export function FlameChart(props: FlameChartProps): ReactNode {
  const { flame, chosen, onChoose, onDomain } = props;
  const lanes = useMemo(() => lanesOf(flame), [flame]);
  const whole = useMemo(() => wholeDomain(flame), [flame]);
  const domain = props.domain ?? whole;
  const [scrolled, setScrolled] = useState(0);
  const [hover, setHover] = useState<{ box: number; left: number; top: number } | null>(null);
  const host = useRef<HTMLDivElement>(null);
  const draw = useDrawing(props, lanes, domain, scrolled, hover?.box ?? null);
  const { ref, size } = useCanvas(draw);
  const full = lanes.length * LANE + 4;

  const at = (event: MouseEvent): number | null => {
    const box = ref.current?.getBoundingClientRect();
    if (box === undefined || size.width === 0) return null;
    const lane = lanes[Math.floor((event.clientY - box.top + scrolled) / LANE)];
    const x = domain.from + ((event.clientX - box.left) / size.width) * (domain.to - domain.from);
    return lane === undefined ? null : boxAt(flame, lane, x);
  };
  const zoomTo = (box: number): void => {
    const [from = 0, to = 0] = [flame.from[box], flame.to[box]];
    onDomain(to - from > LEAST_ROOM ? { from, to } : null);
  };
  const choose = (box: number): void => {
    onChoose(box);
    host.current?.scrollTo({ top: Math.max(0, (flame.depth[box] ?? 0) * LANE - size.height / 2) });
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === "Escape" && props.domain !== null) {
      event.stopPropagation();
      onDomain(null);
    }
    if (event.key === "Enter" && chosen !== null) zoomTo(chosen);
    if (!event.key.startsWith("Arrow")) return;
    event.preventDefault();
    event.stopPropagation();
    choose(
      chosen === null ? (lanes[0]?.[0] ?? 0) : stepFrom(flame, lanes, chosen, event.key as Step),
    );
  };
  return (
    <div className="flame" style={{ height: Math.min(full, props.height) }}>
      <div
        className="flame-scroll"
        ref={host}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: arrows move in it, Enter zooms.
        tabIndex={0}
        role="application"
        aria-label={`${props.title}. Arrows move, Enter zooms, Escape shows all.`}
        onScroll={(event) => setScrolled(event.currentTarget.scrollTop)}
        onMouseMove={(event) => {
          const box = at(event);
          const rect = event.currentTarget.getBoundingClientRect();
          setHover(
            box === null
              ? null
              : { box, left: event.clientX - rect.left, top: event.clientY - rect.top },
          );
        }}
        onMouseLeave={() => setHover(null)}
        onClick={(event) => {
          const box = at(event);
          onChoose(box);
          if (box !== null && props.zoomsOnClick) zoomTo(box);
        }}
        onDoubleClick={(event) => {
          const box = at(event);
          if (box !== null) zoomTo(box);
        }}
        onKeyDown={onKeyDown}
      >
        {/* biome-ignore lint/a11y/noAriaHiddenOnFocusable: a canvas is not focusable. */}
        <canvas ref={ref} style={{ height: Math.min(full, props.height) }} aria-hidden="true" />
        <div style={{ height: Math.max(0, full - Math.min(full, props.height)) }} />
      </div>
      <span className="sr" aria-live="polite">
        {chosen === null ? "" : props.tip(chosen).join(", ")}
      </span>
      {hover ? <Tip lines={props.tip(hover.box)} {...hover} width={size.width} /> : null}
    </div>
  );
}

function Tip({
  lines,
  left,
  top,
  width,
}: {
  lines: readonly string[];
  left: number;
  top: number;
  width: number;
}): ReactNode {
  const [head, ...rest] = lines;
  const place = left < width / 2 ? { left: left + 14 } : { right: width - left + 14 };
  return (
    <div className="chart-tip flame-tip" style={{ ...place, top: top + 14 }} aria-hidden="true">
      <div className="m s">{head}</div>
      {rest.map((line) => (
        <div className="faint xs" key={line}>
          {line}
        </div>
      ))}
    </div>
  );
}

/** Of a lane only what is in the window is drawn; boxes below a pixel join into one. */
function useDrawing(
  props: FlameChartProps,
  lanes: readonly (readonly number[])[],
  domain: Domain,
  scrolled: number,
  hover: number | null,
): Draw {
  const { flame, label, color, isFaint, isMarked, chosen } = props;
  return useCallback<Draw>(
    (ctx, { width, height }) => {
      const perUnit = width / (domain.to - domain.from);
      const paint = { text: token("text"), mark: token("crit-m"), edge: token("accent") };
      const tones = new Map<string, string>();
      const tone = (name: string): string => {
        const known = tones.get(name) ?? token(name);
        tones.set(name, known);
        return known;
      };
      ctx.font = `${FONT_PX}px ${token("font")}`;
      ctx.textBaseline = "middle";
      const first = Math.floor(scrolled / LANE);
      const last = Math.min(lanes.length, Math.ceil((scrolled + height) / LANE));
      for (let depth = first; depth < last; depth += 1) {
        const y = depth * LANE - scrolled;
        let drawnTo = -1;
        for (const box of lanes[depth] ?? []) {
          const left = Math.max(0, ((flame.from[box] ?? 0) - domain.from) * perUnit);
          const right = Math.min(width, ((flame.to[box] ?? 0) - domain.from) * perUnit);
          if (right < 0 || left > width) continue;
          const wide = Math.max(1, right - left - 1);
          if (left + wide <= drawnTo && wide < 2) continue;
          drawnTo = left + wide;
          ctx.globalAlpha = isFaint?.(box) ? 0.14 : box === hover ? 0.62 : 0.42;
          ctx.fillStyle = tone(color(box));
          ctx.fillRect(left, y + 1, wide, LANE - 2);
          ctx.globalAlpha = 1;
          if (isMarked?.(box)) {
            ctx.fillStyle = paint.mark;
            ctx.fillRect(left, y + LANE - 4, wide, 3);
          }
          if (box === chosen) {
            ctx.strokeStyle = paint.edge;
            ctx.lineWidth = 2;
            ctx.strokeRect(left + 1, y + 2, Math.max(1, wide - 2), LANE - 4);
          }
          if (wide < LEAST_TEXT_PX) continue;
          ctx.fillStyle = paint.text;
          ctx.fillText(fitted(ctx, label(box), wide - 8), left + 4, y + LANE / 2 + 0.5);
        }
      }
    },
    [flame, lanes, domain, scrolled, hover, label, color, isFaint, isMarked, chosen],
  );
}

/** As much of the text as has room, with an ellipsis. */
function fitted(ctx: CanvasRenderingContext2D, text: string, room: number): string {
  if (ctx.measureText(text).width <= room) return text;
  const perLetter = ctx.measureText("n").width;
  const kept = Math.max(0, Math.floor(room / perLetter) - 1);
  return kept < 2 ? "" : `${text.slice(0, kept)}…`;
}
