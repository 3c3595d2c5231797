import uPlot from "uplot";
import { clock, date, type Span } from "@/lib/time";
import { axisLabels, type Unit } from "@/lib/units";
import { markGroups, middleOf } from "./marks";
import { GAP_STEPS, lonePoints, yRange } from "./shape";
import type { ChartSeries, Shaped, TimeChartProps } from "./TimeChart";
import type { Hover } from "./Tooltip";
import { token } from "./theme";

interface PlotRequest extends TimeChartProps {
  width: number;
  element: HTMLElement;
}

interface Listeners {
  hover: (hover: Hover | null) => void;
  zoom: (span: Span) => void;
  drawn: (plot: uPlot) => void;
}

const FONT_PX = 11;
const MIN_DRAG_PX = 4;

/** uPlot's options from ours. `shaped` is read at draw time, so data may change without new options. */
export function plotOptions(
  request: PlotRequest,
  shaped: () => Shaped,
  listeners: Listeners,
): uPlot.Options {
  const { kind = "line", limits = [], fromZero = true, stacked = false } = request;
  const baseline = fromZero || kind !== "line";
  return {
    width: request.width,
    height: request.height,
    padding: [10, 8, 0, 0],
    legend: { show: false },
    focus: { alpha: 1 },
    cursor: cursor(request),
    scales: {
      x: { time: false, range: () => [shaped().span.fromMs / 1000, shaped().span.toMs / 1000] },
      y: {
        range: () =>
          yRange(
            shaped().data.slice(1) as (number | null)[][],
            limits.map((one) => one.value),
            baseline,
          ),
      },
    },
    axes: axes(request, shaped),
    series: [{}, ...request.series.map((one, i) => line(one, i, kind, stacked, shaped))],
    hooks: {
      drawClear: [(u) => drawBands(u, request)],
      draw: [
        (u) => drawMarks(u, request),
        (u) => drawLimits(u, request),
        (u) => listeners.drawn(u),
      ],
      setCursor: [(u) => listeners.hover(hoverOf(u))],
      setSelect: [(u) => select(u, listeners.zoom)],
    },
  };
}

function cursor({ syncKey, onZoom }: PlotRequest): uPlot.Cursor {
  return {
    y: false,
    points: { size: 6 },
    drag: { x: onZoom !== undefined, y: false, setScale: false },
    ...(syncKey === undefined
      ? {}
      : {
          sync: {
            key: syncKey,
            setSeries: false,
            filters: { pub: (type) => type === "mousemove" || type === "mouseleave" },
          },
        }),
  };
}

function axes(request: PlotRequest, shaped: () => Shaped): uPlot.Axis[] {
  const font = `${FONT_PX}px ${token("font")}`;
  const common = { stroke: token("faint"), font, ticks: { show: false } };
  return [
    {
      ...common,
      size: 22,
      gap: 4,
      grid: { show: false },
      space: 64,
      splits: (u, _axis, min, max) =>
        timeTicks(min, max, u.bbox.width / devicePixelRatio, request.zone),
      values: (_u, splits) => splits.map((at) => tickLabel(at * 1000, shaped().span, request.zone)),
    },
    {
      ...common,
      size: (_u, labels) => Math.max(30, ...(labels ?? []).map((text) => 12 + text.length * 6.2)),
      gap: 5,
      grid: { stroke: token("grid"), width: 1 },
      space: Math.max(20, Math.min(56, request.height / 7)),
      incrs: () => increments(shaped(), request.unit),
      values: (_u, splits) => axisLabels(splits, request.unit),
    },
  ];
}

const DIGITS = [1, 2, 5];
const FINE_EXPONENT = -6;
const COARSE_EXPONENT = 12;
const BINARY_POWERS = [0, 1, 2, 3, 4, 5];
const ROUND_SECONDS = [15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 43_200, 86_400];

/**
 * Tick distances that are round in the unit: 1, 2, 5 × 10ⁿ; of 1,024 for bytes, of minutes and
 * hours for times; whole ones where all values are whole (1.5 targets make no sense).
 */
function increments({ raw }: Shaped, unit: Unit): number[] {
  if (unit === "bytes" || unit === "bytes/s")
    return BINARY_POWERS.flatMap((power) => decimal(0, 2).map((step) => step * 1024 ** power));
  if (unit === "s" || unit === "seconds")
    return [...decimal(FINE_EXPONENT, 0), 10, ...ROUND_SECONDS];
  if (unit === "ms") return [...decimal(-3, 3), 10_000, ...ROUND_SECONDS.map((s) => s * 1000)];
  const isWhole = raw.every((column) =>
    column.every((value) => value === null || Number.isInteger(value)),
  );
  return decimal(isWhole ? 0 : FINE_EXPONENT, COARSE_EXPONENT);
}

function decimal(from: number, to: number): number[] {
  const steps: number[] = [];
  for (let power = from; power <= to; power += 1) {
    for (const digit of DIGITS) steps.push(digit * 10 ** power);
  }
  return steps;
}

const TICK_STEPS_S = [
  60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800,
  1_209_600, 2_592_000,
];

const TICK_SPACE_PX = 64;
/** Nearer to the end the half of a label that lies beyond it would be cut off. */
const LAST_TICK_PX = 9;

/** Round instants of the shown zone (midnights, full hours), far enough apart to be read. */
export function timeTicks(min: number, max: number, widthPx: number, zone: string): number[] {
  const wanted = ((max - min) * TICK_SPACE_PX) / Math.max(widthPx, 1);
  const step = TICK_STEPS_S.find((one) => one >= wanted) ?? 2_592_000;
  const offset = offsetSeconds(min * 1000, zone);
  const ticks: number[] = [];
  const last = max - ((max - min) * LAST_TICK_PX) / Math.max(widthPx, 1);
  for (let at = Math.ceil((min + offset) / step) * step - offset; at <= last; at += step)
    ticks.push(at);
  return ticks;
}

function offsetSeconds(ms: number, zone: string): number {
  const [h = 0, m = 0] = clock(ms, zone).split(":").map(Number);
  const utc = new Date(ms);
  const minutes = h * 60 + m - (utc.getUTCHours() * 60 + utc.getUTCMinutes());
  return (((minutes + 2160) % 1440) - 720) * 60;
}

function tickLabel(ms: number, span: Span, zone: string): string {
  const text = clock(ms, zone);
  const long = span.toMs - span.fromMs > 36 * 3_600_000;
  return long && text === "00:00" ? date(ms, zone, span.toMs) : text;
}

function line(
  series: ChartSeries,
  i: number,
  kind: string,
  stacked: boolean,
  shaped: () => Shaped,
): uPlot.Series {
  const color = token(series.color ?? `c${(i % 8) + 1}`);
  if (kind === "bars") {
    const paths = uPlot.paths.bars?.({ size: [0.72, 48], align: 1 });
    return {
      stroke: color,
      fill: color,
      width: 0,
      points: { show: false },
      ...(paths ? { paths } : {}),
    };
  }
  return {
    stroke: color,
    width: series.isComparison ? 1 : 1.5,
    ...(series.dash && series.dash.length > 0
      ? { dash: [...series.dash] }
      : series.isComparison
        ? { dash: [3, 3] }
        : {}),
    ...(kind === "area" || stacked ? { fill: `${color}33` } : {}),
    spanGaps: false,
    gaps: (u, _s, _from, _to, found) =>
      found.filter(([a, b]) => secondsBetween(u, a, b) > (GAP_STEPS * shaped().stepMs) / 1000),
    points: {
      show: true,
      size: 5,
      width: 0,
      fill: color,
      filter: (_u, index) =>
        lonePoints(shaped().timesMs, shaped().raw[index - 1] ?? [], shaped().stepMs),
    },
  };
}

const secondsBetween = (u: uPlot, a: number, b: number): number =>
  u.posToVal(b, "x", true) - u.posToVal(a, "x", true);

function drawBands(u: uPlot, { bands = [] }: PlotRequest): void {
  const { left, top, width, height } = u.bbox;
  for (const band of bands) {
    const from = Math.max(u.valToPos(band.fromMs / 1000, "x", true), left);
    const to = Math.min(u.valToPos(band.toMs / 1000, "x", true), left + width);
    u.ctx.fillStyle = token(`${band.tone}-s`);
    if (to > from) u.ctx.fillRect(from, top, to - from, height);
  }
}

function drawMarks(u: uPlot, { marks = [] }: PlotRequest): void {
  const { ctx, bbox } = u;
  const r = devicePixelRatio;
  for (const group of markGroups(u, marks)) {
    const x = Math.round(u.valToPos(middleOf(group) / 1000, "x", true)) + 0.5;
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.save();
    ctx.strokeStyle = token("line-2");
    ctx.lineWidth = r;
    ctx.setLineDash([2 * r, 2 * r]);
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    ctx.fillStyle = token("muted");
    ctx.beginPath();
    for (const [dx, dy] of [
      [0, -4],
      [4, 0],
      [0, 4],
      [-4, 0],
    ] as const)
      ctx.lineTo(x + dx * r, bbox.top + dy * r);
    ctx.fill();
    if (group.length > 1) {
      ctx.font = `${FONT_PX * r}px ${token("font")}`;
      ctx.textAlign = "left";
      ctx.textBaseline = "middle";
      ctx.fillText(String(group.length), x + 6 * r, bbox.top);
    }
    ctx.restore();
  }
}

function drawLimits(u: uPlot, { limits = [] }: PlotRequest): void {
  const { ctx, bbox } = u;
  const r = devicePixelRatio;
  for (const limit of limits) {
    const y = Math.round(u.valToPos(limit.value, "y", true)) + 0.5;
    if (y < bbox.top || y > bbox.top + bbox.height) continue;
    ctx.save();
    ctx.strokeStyle = token(`${limit.tone}-m`);
    ctx.lineWidth = r;
    ctx.setLineDash(limit.tone === "crit" ? [5 * r, 3 * r] : [2 * r, 3 * r]);
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
    ctx.font = `500 ${FONT_PX * r}px ${token("font")}`;
    const width = ctx.measureText(limit.text).width;
    ctx.fillStyle = token("panel");
    ctx.fillRect(bbox.left + 2 * r, y - 17 * r, width + 6 * r, 15 * r);
    ctx.fillStyle = token(limit.tone);
    ctx.textAlign = "left";
    ctx.textBaseline = "alphabetic";
    ctx.fillText(limit.text, bbox.left + 4 * r, y - 6 * r);
    ctx.restore();
  }
}

function hoverOf(u: uPlot): Hover | null {
  const { idx, left, top } = u.cursor;
  if (idx === null || idx === undefined || left === undefined || left < 0) return null;
  const r = devicePixelRatio;
  return { index: idx, left: left + u.bbox.left / r, top: top ?? 0, width: u.width };
}

function select(u: uPlot, zoom: (span: Span) => void): void {
  if (u.select.width < MIN_DRAG_PX) return;
  const fromMs = Math.round(u.posToVal(u.select.left, "x")) * 1000;
  const toMs = Math.round(u.posToVal(u.select.left + u.select.width, "x")) * 1000;
  u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  if (toMs > fromMs) zoom({ fromMs, toMs });
}
