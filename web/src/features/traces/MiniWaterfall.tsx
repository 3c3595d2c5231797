import { memo, type ReactNode } from "react";
import type { TraceOutline } from "@/api/trace-outlines";

interface MiniWaterfallProps {
  /** Nothing is drawn until it is there. */
  outline: TraceOutline | null;
  /** Of the whole trace. */
  durationNs: number;
  colors: ReadonlyMap<string, string>;
}

const WIDE = 120;
const TALL = 20;
const LEAST = 1;
const MOST_LINE = 4;
const BAD = "crit-m";

/** The longest spans of a trace, a line each on the trace's own time; the row says it in words. */
export const MiniWaterfall = memo(function MiniWaterfall(props: MiniWaterfallProps): ReactNode {
  const { outline, durationNs, colors } = props;
  return (
    <svg className="mini" viewBox={`0 0 ${WIDE} ${TALL}`} preserveAspectRatio="none" aria-hidden>
      {outline
        ? [...pathsOf(outline, durationNs, colors)].map(([tone, path]) => (
            <path key={tone} d={path} fill={`var(--${tone})`} />
          ))
        : null}
    </svg>
  );
});

/** By colour one path of all its lines: a list has thousands of them. */
export function pathsOf(
  { services, service, start_ns, duration_ns, is_failed }: TraceOutline,
  durationNs: number,
  colors: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  const paths = new Map<string, string>();
  const perNs = WIDE / Math.max(durationNs, 1);
  const step = Math.min(MOST_LINE, TALL / Math.max(start_ns.length, 1));
  const thick = Math.max(step - 1, step * 0.7);
  start_ns.forEach((start, i) => {
    const x = Math.min(start * perNs, WIDE - LEAST);
    const wide = Math.min(Math.max((duration_ns[i] ?? 0) * perNs, LEAST), WIDE - x);
    const tone = is_failed[i] ? BAD : (colors.get(services[service[i] ?? 0] ?? "") ?? "prev");
    const line = `M${round(x)} ${round(i * step)}h${round(wide)}v${round(thick)}h-${round(wide)}z`;
    paths.set(tone, (paths.get(tone) ?? "") + line);
  });
  return paths;
}

const round = (n: number): number => Math.round(n * 100) / 100;
