import { token } from "@/charts/theme";
import type { Size } from "@/charts/useCanvas";
import type { Drawing } from "./drawing";

/** A line a span; many spans share a pixel, the failed ones are drawn last. */
export function drawSpans(
  ctx: CanvasRenderingContext2D,
  { width, height }: Size,
  drawing: Drawing,
): void {
  const { rows, size, extent } = drawing;
  const perNs = width / (extent.to - extent.from);
  const step = Math.min(4, (height - 4) / Math.max(size, 1));
  const thick = Math.max(1, step - 0.6);
  const tones = new Map<string, string>();
  const bad = token("crit-m");
  const put = (row: number, color: string): void => {
    ctx.fillStyle = color;
    const x = ((rows.start_ns[row] ?? 0) - extent.from) * perNs;
    ctx.fillRect(x, 2 + row * step, Math.max(1, (rows.duration_ns[row] ?? 0) * perNs), thick);
  };
  for (let row = 0; row < size; row += 1) {
    const name = drawing.color(row);
    const tone = tones.get(name) ?? token(name);
    tones.set(name, tone);
    put(row, tone);
  }
  for (let row = 0; row < size; row += 1) if (drawing.isFailed(row)) put(row, bad);
}
