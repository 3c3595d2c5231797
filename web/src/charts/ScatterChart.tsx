import {
  type KeyboardEvent,
  type PointerEvent,
  type ReactNode,
  useCallback,
  useMemo,
  useRef,
  useState,
} from "react";
import "./charts.css";
import { clock, date, moment, type Span, spanText } from "@/lib/time";
import { compact, duration } from "@/lib/units";
import { timeTicks } from "./options";
import { type ScatterBox, type ScatterPoint, scaleOf, shareOf, valueAt } from "./scatter";
import { token } from "./theme";
import { type Draw, type Size, useCanvas } from "./useCanvas";

interface ScatterChartProps {
  title: string;
  points: readonly ScatterPoint[];
  /** First line of the tooltip of a point. */
  name: (point: number) => string;
  span: Span;
  zone: string;
  height: number;
  onPick: (point: number) => void;
  /** A dragged box. */
  onBrush: (box: ScatterBox) => void;
}

const LEFT = 52;
const RIGHT = 10;
const TOP = 8;
const FOOT = 22;
const FONT_PX = 11;
const NEAR_PX = 14;
const MIN_DRAG_PX = 6;
const DAY_MS = 86_400_000;

interface Place {
  readonly x: number;
  readonly y: number;
}

/** Minutes would be wider than their place. */
const tickText = (ms: number): string => {
  if (ms === 0) return "0";
  return ms < 60_000 ? duration(ms) : `${compact(ms / 1000)} s`;
};

/** Durations over time, a dot each; errors are squares. Drag a box to narrow, press a dot to open. */
export function ScatterChart(props: ScatterChartProps): ReactNode {
  const { title, points, span, zone, height } = props;
  const scale = useMemo(() => scaleOf(points.map((one) => one.value)), [points]);
  const [near, setNear] = useState<number | null>(null);
  const [drag, setDrag] = useState<{ from: Place; to: Place } | null>(null);
  const order = useMemo(() => byTime(points), [points]);
  const pressed = useRef(false);
  const draw = useCallback<Draw>(
    (ctx, size) => {
      drawAxes(ctx, size, scale, span, zone);
      drawPoints(ctx, points, (one) => placeOf(one, size, span, scale), near);
    },
    [points, scale, span, zone, near],
  );
  const { ref, size } = useCanvas(draw);
  const place = (event: PointerEvent): Place => {
    const box = event.currentTarget.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };
  const end = (): void => {
    pressed.current = false;
    setDrag(null);
    if (drag && Math.hypot(drag.to.x - drag.from.x, drag.to.y - drag.from.y) >= MIN_DRAG_PX)
      props.onBrush(boxOf(drag.from, drag.to, size, span, scale));
    else if (near !== null) props.onPick(near);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (event.key === "Enter" && near !== null) props.onPick(near);
    if (step === undefined || order.length === 0) return;
    event.preventDefault();
    const at = near === null ? (step > 0 ? -1 : order.length) : order.indexOf(near);
    setNear(order[Math.min(Math.max(at + step, 0), order.length - 1)] ?? null);
  };
  const seen = near === null ? undefined : points[near];
  return (
    <div
      className="scatter"
      style={{ height }}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: arrows go from dot to dot, Enter opens.
      tabIndex={0}
      role="application"
      aria-label={`${title}, ${spanText(span, Date.now(), zone)}: ${points.length} dots, ${points.filter((one) => one.isError).length} with errors. Left and right go from dot to dot, Enter opens.`}
      data-near={near === null ? undefined : ""}
      onKeyDown={onKeyDown}
      onBlur={() => setNear(null)}
      onPointerDown={(event) => {
        if (event.pointerType === "touch") return;
        event.currentTarget.setPointerCapture(event.pointerId);
        pressed.current = true;
        setDrag({ from: place(event), to: place(event) });
      }}
      onPointerMove={(event) => {
        const here = place(event);
        if (drag) setDrag({ from: drag.from, to: here });
        else setNear(nearest(points, here, (one) => placeOf(one, size, span, scale)));
      }}
      onPointerUp={(event) => {
        if (event.pointerType === "touch") {
          const hit = nearest(points, place(event), (one) => placeOf(one, size, span, scale));
          if (hit !== null) props.onPick(hit);
        } else if (pressed.current) end();
      }}
      onPointerLeave={() => (pressed.current ? undefined : setNear(null))}
    >
      {/* biome-ignore lint/a11y/noAriaHiddenOnFocusable: a canvas is not focusable. */}
      <canvas ref={ref} aria-hidden="true" />
      {drag ? <i className="scatter-box" style={boxStyle(drag.from, drag.to)} /> : null}
      {seen && near !== null && !drag ? (
        <Tip
          point={seen}
          name={props.name(near)}
          place={placeOf(seen, size, span, scale)}
          width={size.width}
          zone={zone}
        />
      ) : null}
      <span className="sr" aria-live="polite">
        {seen && near !== null
          ? `${props.name(near)}, ${duration(seen.value)}${seen.isError ? ", error" : ""}`
          : ""}
      </span>
    </div>
  );
}

const byTime = (points: readonly ScatterPoint[]): number[] =>
  points.map((_, i) => i).sort((a, b) => (points[a]?.atMs ?? 0) - (points[b]?.atMs ?? 0));

type ScaleOf = ReturnType<typeof scaleOf>;

function placeOf(point: ScatterPoint, size: Size, span: Span, scale: ScaleOf): Place {
  const wide = Math.max(1, size.width - LEFT - RIGHT);
  const tall = Math.max(1, size.height - TOP - FOOT);
  return {
    x: LEFT + ((point.atMs - span.fromMs) / (span.toMs - span.fromMs)) * wide,
    y: TOP + (1 - shareOf(scale, point.value)) * tall,
  };
}

function nearest(
  points: readonly ScatterPoint[],
  here: Place,
  where: (point: ScatterPoint) => Place,
): number | null {
  let [best, least] = [-1, NEAR_PX];
  points.forEach((point, i) => {
    const { x, y } = where(point);
    const far = Math.hypot(x - here.x, y - here.y);
    if (far < least) [best, least] = [i, far];
  });
  return best < 0 ? null : best;
}

function boxOf(a: Place, b: Place, size: Size, span: Span, scale: ScaleOf): ScatterBox {
  const wide = Math.max(1, size.width - LEFT - RIGHT);
  const tall = Math.max(1, size.height - TOP - FOOT);
  const time = (x: number): number =>
    Math.round(
      span.fromMs + Math.min(1, Math.max(0, (x - LEFT) / wide)) * (span.toMs - span.fromMs),
    );
  const value = (y: number): number =>
    valueAt(scale, Math.min(1, Math.max(0, 1 - (y - TOP) / tall)));
  return {
    fromMs: time(Math.min(a.x, b.x)),
    toMs: time(Math.max(a.x, b.x)),
    min: value(Math.max(a.y, b.y)),
    max: value(Math.min(a.y, b.y)),
  };
}

const boxStyle = (a: Place, b: Place) => ({
  left: Math.min(a.x, b.x),
  top: Math.min(a.y, b.y),
  width: Math.abs(a.x - b.x),
  height: Math.abs(a.y - b.y),
});

function drawAxes(
  ctx: CanvasRenderingContext2D,
  { width, height }: Size,
  scale: ScaleOf,
  span: Span,
  zone: string,
): void {
  const [faint, grid] = [token("faint"), token("grid")];
  ctx.font = `${FONT_PX}px ${token("font")}`;
  ctx.lineWidth = 1;
  ctx.textAlign = "right";
  ctx.textBaseline = "middle";
  for (const tick of scale.ticks) {
    const y = Math.round(TOP + (1 - shareOf(scale, tick)) * (height - TOP - FOOT)) + 0.5;
    ctx.strokeStyle = grid;
    ctx.beginPath();
    ctx.moveTo(LEFT, y);
    ctx.lineTo(width - RIGHT, y);
    ctx.stroke();
    ctx.fillStyle = faint;
    ctx.fillText(tickText(tick), LEFT - 6, Math.max(y, 8));
  }
  ctx.fillStyle = faint;
  if (scale.isLog) ctx.fillText("log", LEFT - 6, height - 9);
  ctx.textAlign = "center";
  ctx.textBaseline = "alphabetic";
  const wide = width - LEFT - RIGHT;
  for (const tick of timeTicks(span.fromMs / 1000, span.toMs / 1000, wide, zone)) {
    const ms = tick * 1000;
    const x = LEFT + ((ms - span.fromMs) / (span.toMs - span.fromMs)) * wide;
    const text = clock(ms, zone);
    if (x > width - 18 || x < LEFT + (scale.isLog ? 16 : -16)) continue;
    const isDay = text === "00:00" && span.toMs - span.fromMs > DAY_MS;
    ctx.fillText(isDay ? date(ms, zone, span.toMs) : text, x, height - 5);
  }
}

function drawPoints(
  ctx: CanvasRenderingContext2D,
  points: readonly ScatterPoint[],
  where: (point: ScatterPoint) => Place,
  near: number | null,
): void {
  const [plain, bad, ring] = [token("c1"), token("crit-m"), token("text")];
  // Errors are drawn last, so that no other dot hides them.
  for (const isError of [false, true]) {
    ctx.fillStyle = isError ? bad : plain;
    ctx.globalAlpha = isError ? 0.95 : 0.55;
    for (const point of points) {
      if (point.isError !== isError) continue;
      const { x, y } = where(point);
      if (isError) ctx.fillRect(x - 3, y - 3, 6, 6);
      else {
        ctx.beginPath();
        ctx.arc(x, y, 2.6, 0, 7);
        ctx.fill();
      }
    }
  }
  ctx.globalAlpha = 1;
  const point = near === null ? undefined : points[near];
  if (point === undefined) return;
  const { x, y } = where(point);
  ctx.strokeStyle = ring;
  ctx.lineWidth = 1.5;
  ctx.beginPath();
  ctx.arc(x, y, 5.5, 0, 7);
  ctx.stroke();
}

function Tip({
  point,
  name,
  place,
  width,
  zone,
}: {
  point: ScatterPoint;
  name: string;
  place: Place;
  width: number;
  zone: string;
}): ReactNode {
  const side = place.x < width / 2 ? { left: place.x + 12 } : { right: width - place.x + 12 };
  return (
    <div className="chart-tip" style={side} aria-hidden="true">
      <div className="faint xs">{moment(point.atMs, zone, Date.now())}</div>
      <div className="s m trunc">{name}</div>
      <div className="s">
        {duration(point.value)}
        {point.isError ? ", error" : ""}
      </div>
    </div>
  );
}
