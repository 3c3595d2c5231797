import { type RefObject, useEffect, useRef, useState } from "react";
import "./charts.css";
import { useTheme } from "./theme";

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Draws on a context that is scaled to CSS pixels and empty. */
export type Draw = (ctx: CanvasRenderingContext2D, size: Size) => void;

const NOTHING: Size = { width: 0, height: 0 };

/**
 * A canvas that fills its place, sharp on every screen; drawn again when its size, the theme or
 * `draw` changes. Keep `draw` the same (useCallback) while what it shows is the same.
 */
export function useCanvas(draw: Draw): { ref: RefObject<HTMLCanvasElement | null>; size: Size } {
  const ref = useRef<HTMLCanvasElement>(null);
  const [size, setSize] = useState(NOTHING);
  const theme = useTheme();
  useEffect(() => {
    const canvas = ref.current;
    if (canvas === null) return;
    const look = (): void => {
      const { clientWidth: width, clientHeight: height } = canvas;
      setSize((old) => (old.width === width && old.height === height ? old : { width, height }));
    };
    const observer = new ResizeObserver(look);
    observer.observe(canvas);
    look();
    return () => observer.disconnect();
  }, []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the theme changes what colours are read.
  useEffect(() => {
    const canvas = ref.current;
    const ctx = canvas?.getContext("2d");
    if (canvas === null || !ctx || size.width === 0 || size.height === 0) return;
    const ratio = devicePixelRatio;
    canvas.width = Math.round(size.width * ratio);
    canvas.height = Math.round(size.height * ratio);
    ctx.scale(ratio, ratio);
    draw(ctx, size);
  }, [draw, size, theme]);
  return { ref, size };
}
