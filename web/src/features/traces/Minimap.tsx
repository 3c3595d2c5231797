import {
  type KeyboardEvent,
  type PointerEvent,
  type ReactNode,
  useCallback,
  useState,
} from "react";
import { type Draw, useCanvas } from "@/charts/useCanvas";
import { duration } from "@/lib/units";
import { Button } from "@/ui/controls";
import { toMs } from "./colors";
import { drawSpans } from "./draw-spans";
import type { Drawing } from "./drawing";
import type { Stretch } from "./tree";

interface MinimapProps {
  drawing: Drawing;
  domain: Stretch;
  isWhole: boolean;
  onDomain: (domain: Stretch | null) => void;
}

const MIN_DRAG_PX = 4;
const STEP = 0.1;

/** The whole trace in a strip; drag over it to see a part, and it shows which part is seen. */
export function Minimap({ drawing, domain, isWhole, onDomain }: MinimapProps): ReactNode {
  const { extent } = drawing;
  const whole = extent.to - extent.from;
  const [drag, setDrag] = useState<{ from: number; to: number } | null>(null);
  const draw = useCallback<Draw>((ctx, size) => drawSpans(ctx, size, drawing), [drawing]);
  const { ref } = useCanvas(draw);
  const share = (event: PointerEvent): number => {
    const box = event.currentTarget.getBoundingClientRect();
    return Math.min(1, Math.max(0, (event.clientX - box.left) / Math.max(1, box.width)));
  };
  const finish = (event: PointerEvent): void => {
    if (drag === null) return;
    const wide = event.currentTarget.getBoundingClientRect().width;
    setDrag(null);
    if (Math.abs(drag.to - drag.from) * wide < MIN_DRAG_PX) return;
    const [low, high] = [Math.min(drag.from, drag.to), Math.max(drag.from, drag.to)];
    onDomain({ from: extent.from + low * whole, to: extent.from + high * whole });
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const next = keyed(event.key, domain, extent);
    if (next === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    onDomain(next);
  };
  const left = drag ? Math.min(drag.from, drag.to) : (domain.from - extent.from) / whole;
  const right = drag ? Math.max(drag.from, drag.to) : (domain.to - extent.from) / whole;
  return (
    <div className="minimap-row">
      <div
        className="minimap"
        role="slider"
        tabIndex={0}
        aria-label="Part of the trace that is shown. Arrows move it, plus and minus zoom, Escape shows all."
        aria-valuemin={0}
        aria-valuemax={Math.round(toMs(whole))}
        aria-valuenow={Math.round(toMs(domain.from - extent.from))}
        aria-valuetext={`${duration(toMs(domain.from - extent.from))} to ${duration(toMs(domain.to - extent.from))} of ${duration(toMs(whole))}`}
        onKeyDown={onKeyDown}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          setDrag({ from: share(event), to: share(event) });
        }}
        onPointerMove={(event) => (drag ? setDrag({ ...drag, to: share(event) }) : undefined)}
        onPointerUp={finish}
        onDoubleClick={() => onDomain(null)}
      >
        {/* biome-ignore lint/a11y/noAriaHiddenOnFocusable: a canvas is not focusable. */}
        <canvas ref={ref} aria-hidden="true" />
        <i className="shade" style={{ left: 0, width: `${left * 100}%` }} />
        <i className="shade" style={{ left: `${right * 100}%`, right: 0 }} />
      </div>
      {isWhole ? null : (
        <Button small className="minimap-all" onClick={() => onDomain(null)}>
          Whole trace
        </Button>
      )}
    </div>
  );
}

/** What a key makes of the shown part; undefined if it does nothing. */
function keyed(key: string, domain: Stretch, extent: Stretch): Stretch | null | undefined {
  const wide = domain.to - domain.from;
  const moved = (by: number): Stretch => {
    const from = Math.min(Math.max(domain.from + by, extent.from), extent.to - wide);
    return { from, to: from + wide };
  };
  const zoomed = (by: number): Stretch => ({
    from: Math.max(extent.from, domain.from + wide * by),
    to: Math.min(extent.to, domain.to - wide * by),
  });
  switch (key) {
    case "ArrowLeft":
      return moved(-wide * STEP);
    case "ArrowRight":
      return moved(wide * STEP);
    case "+":
    case "=":
      return zoomed(STEP);
    case "-":
      return zoomed(-STEP);
    case "Escape":
      return null;
    default:
      return undefined;
  }
}
