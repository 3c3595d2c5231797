/** Drawing of a heatmap on a canvas. */
import { clock, date, type Span } from "@/lib/time";
import { type Heat, isOverflow, levelOf } from "./heat";
import { timeTicks } from "./options";
import { token } from "./theme";

/** Where the cells lie, in CSS pixels. */
export interface HeatFrame {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  readonly rowHeight: number;
}

interface Drawing {
  readonly heat: Heat;
  readonly levels: readonly number[];
  readonly labels: readonly string[];
  readonly frame: HeatFrame;
  readonly span: Span;
  readonly zone: string;
}

const FONT_PX = 11;
const LETTER_PX = 6.2;
const FOOT_PX = 24;
const TOP_PX = 8;
const LEAST_LABEL_PX = 15;
const DAY_MS = 86_400_000;

export function heatFrame(
  heat: Heat,
  labels: readonly string[],
  _span: Span,
  width: number,
  height: number,
): HeatFrame {
  const longest = Math.max(4, ...labels.map((text) => text.length));
  const left = Math.min(Math.round(20 + longest * LETTER_PX), Math.round(width * 0.35));
  const inner = height - TOP_PX - FOOT_PX;
  return {
    left,
    top: TOP_PX,
    width: Math.max(1, width - left - 8),
    height: inner,
    rowHeight: inner / Math.max(1, heat.buckets.length),
  };
}

export function drawHeat(canvas: HTMLCanvasElement, drawing: Drawing): void {
  const box = canvas.getBoundingClientRect();
  const r = devicePixelRatio;
  canvas.width = Math.round(box.width * r);
  canvas.height = Math.round(box.height * r);
  const ctx = canvas.getContext("2d");
  if (ctx === null) return;
  ctx.scale(r, r);
  ctx.font = `${FONT_PX}px ${token("font")}`;
  drawCells(ctx, drawing);
  drawHatches(ctx, drawing);
  drawBounds(ctx, drawing);
  drawTimes(ctx, drawing);
}

function drawCells(ctx: CanvasRenderingContext2D, { heat, levels, frame, span }: Drawing): void {
  const colors = Array.from({ length: 7 }, (_, i) => token(`q${i + 1}`));
  const perMs = frame.width / (span.toMs - span.fromMs);
  const right = frame.left + frame.width;
  heat.counts.forEach((row, bucket) => {
    const y = frame.top + frame.height - (bucket + 1) * frame.rowHeight;
    row.forEach((value, i) => {
      const level = levelOf(value, levels);
      if (level === 0) return;
      const end = frame.left + ((heat.timesMs[i] ?? 0) - span.fromMs) * perMs;
      // Whole device pixels, so that no seams show between cells.
      const from = snapped(Math.max(frame.left, end - heat.stepMs * perMs));
      const to = snapped(Math.min(end, right));
      if (to <= from) return;
      ctx.fillStyle = colors[level - 1] ?? "";
      ctx.fillRect(from, y + 0.5, to - from, Math.max(1, frame.rowHeight - 1));
    });
  });
}

const snapped = (x: number): number => Math.round(x * devicePixelRatio) / devicePixelRatio;

function drawHatches(ctx: CanvasRenderingContext2D, { heat, frame }: Drawing): void {
  ctx.strokeStyle = token("faint");
  ctx.globalAlpha = 0.45;
  ctx.lineWidth = 1;
  heat.buckets.forEach((bucket, i) => {
    if (!isOverflow(bucket)) return;
    const y = frame.top + frame.height - (i + 1) * frame.rowHeight;
    ctx.save();
    ctx.beginPath();
    ctx.rect(frame.left, y, frame.width, frame.rowHeight);
    ctx.clip();
    ctx.beginPath();
    for (let x = frame.left - frame.rowHeight; x < frame.left + frame.width; x += 7) {
      ctx.moveTo(x, y + frame.rowHeight);
      ctx.lineTo(x + frame.rowHeight, y);
    }
    ctx.stroke();
    ctx.restore();
  });
  ctx.globalAlpha = 1;
}

function drawBounds(ctx: CanvasRenderingContext2D, { labels, frame }: Drawing): void {
  ctx.fillStyle = token("faint");
  ctx.textAlign = "right";
  ctx.textBaseline = "middle";
  const every = Math.max(1, Math.ceil(LEAST_LABEL_PX / frame.rowHeight));
  labels.forEach((text, i) => {
    if (i % every !== 0) return;
    const y = frame.top + frame.height - (i + 0.5) * frame.rowHeight;
    ctx.fillText(text, frame.left - 6, y);
  });
}

function drawTimes(ctx: CanvasRenderingContext2D, { frame, span, zone }: Drawing): void {
  const ticks = timeTicks(span.fromMs / 1000, span.toMs / 1000, frame.width, zone);
  ctx.textAlign = "center";
  ctx.textBaseline = "alphabetic";
  for (const tick of ticks) {
    const ms = tick * 1000;
    const x = frame.left + ((ms - span.fromMs) / (span.toMs - span.fromMs)) * frame.width;
    const text = clock(ms, zone);
    const isDay = text === "00:00" && span.toMs - span.fromMs > DAY_MS;
    const half = (text.length * LETTER_PX) / 2;
    if (x - half < frame.left || x + half > frame.left + frame.width) continue;
    ctx.fillText(isDay ? date(ms, zone, span.toMs) : text, x, frame.top + frame.height + 17);
  }
}
