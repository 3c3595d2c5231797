import { type PointerEvent, type ReactNode, useEffect, useMemo, useRef, useState } from "react";
import "./charts.css";
import { moment, type Span, spanText } from "@/lib/time";
import { compact, showText, type Unit } from "@/lib/units";
import { type Heat, type HeatBucket, isOverflow, LEVELS, levelsOf } from "./heat";
import { drawHeat, type HeatFrame, heatFrame } from "./heat-draw";
import { useTheme } from "./theme";

interface HeatmapChartProps {
  title: string;
  heat: Heat;
  /** Of the bucket bounds. */
  unit: Unit;
  /** What is counted in a cell: "observations per 2 min". */
  counted: string;
  span: Span;
  zone: string;
  height: number;
  onZoom?: (span: Span) => void;
}

interface Cell {
  readonly bucket: number;
  readonly at: number;
  readonly left: number;
  readonly top: number;
}

/** How often values fell where, over time: one hue, legend with counts, open buckets hatched. */
export function HeatmapChart(props: HeatmapChartProps): ReactNode {
  const { title, heat, unit, counted, span, zone, height } = props;
  const host = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [width, setWidth] = useState(0);
  const [cell, setCell] = useState<Cell | null>(null);
  const theme = useTheme();
  const levels = useMemo(() => levelsOf(heat), [heat]);
  const labels = useMemo(() => heat.buckets.map((one) => boundText(one, unit)), [heat, unit]);
  const frame = useMemo(
    () => heatFrame(heat, labels, span, width, height),
    [heat, labels, span, width, height],
  );
  const start = useRef<number | null>(null);

  useEffect(() => {
    const element = host.current;
    if (element === null) return;
    const observer = new ResizeObserver(() => setWidth(element.clientWidth));
    observer.observe(element);
    setWidth(element.clientWidth);
    return () => observer.disconnect();
  }, []);

  // biome-ignore lint/correctness/useExhaustiveDependencies: the theme changes what colours are read.
  useEffect(() => {
    if (canvas.current && width > 0)
      drawHeat(canvas.current, { heat, levels, labels, frame, span, zone });
  }, [heat, levels, labels, frame, span, zone, width, theme]);

  const cellAt = (event: PointerEvent): Cell | null => {
    const box = event.currentTarget.getBoundingClientRect();
    return cellOf(heat, frame, span, event.clientX - box.left, event.clientY - box.top);
  };
  const zoom = (event: PointerEvent): void => {
    const from = start.current;
    start.current = null;
    const box = event.currentTarget.getBoundingClientRect();
    const to = event.clientX - box.left;
    if (from === null || Math.abs(to - from) < 6) return;
    const time = (x: number): number =>
      Math.round(span.fromMs + ((x - frame.left) / frame.width) * (span.toMs - span.fromMs));
    props.onZoom?.({ fromMs: time(Math.min(from, to)), toMs: time(Math.max(from, to)) });
  };
  return (
    <div>
      <div
        className="heat"
        ref={host}
        style={{ height }}
        onPointerMove={(event) => setCell(cellAt(event))}
        onPointerLeave={() => setCell(null)}
        onPointerDown={(event) => {
          start.current = event.clientX - event.currentTarget.getBoundingClientRect().left;
        }}
        onPointerUp={zoom}
      >
        <canvas
          ref={canvas}
          role="img"
          aria-label={heatSentence(title, heat, labels, spanText(span, Date.now(), zone))}
        />
        {cell ? <Tip cell={cell} {...props} labels={labels} width={width} /> : null}
      </div>
      <Legend levels={levels} heat={heat} counted={counted} />
    </div>
  );
}

function cellOf(heat: Heat, frame: HeatFrame, span: Span, x: number, y: number): Cell | null {
  const { timesMs, stepMs, buckets } = heat;
  if (x < frame.left || y < frame.top || y >= frame.top + frame.height) return null;
  const time = span.fromMs + ((x - frame.left) / frame.width) * (span.toMs - span.fromMs);
  // A cell stands before its time: it counts what came since the step before.
  const at = Math.ceil((time - (timesMs[0] ?? 0)) / stepMs);
  if (at < 0 || at >= timesMs.length) return null;
  const row = Math.floor((y - frame.top) / frame.rowHeight);
  return { bucket: buckets.length - 1 - row, at, left: x, top: y };
}

function Tip({
  cell,
  heat,
  counted,
  zone,
  labels,
  width,
}: HeatmapChartProps & { cell: Cell; labels: readonly string[]; width: number }): ReactNode {
  const value = heat.counts[cell.bucket]?.[cell.at] ?? null;
  const total = heat.counts.reduce((sum, row) => sum + (row[cell.at] ?? 0), 0);
  const place =
    cell.left < width / 2 ? { left: cell.left + 14 } : { right: width - cell.left + 14 };
  return (
    <div className="chart-tip" style={place} aria-hidden="true">
      <div className="faint xs">{moment(heat.timesMs[cell.at] ?? 0, zone, Date.now())}</div>
      <div className="s">{labels[cell.bucket]}</div>
      <div className="s">
        {value === null ? (
          "no data"
        ) : (
          <>
            <b className="m">{showText(value)}</b>{" "}
            <span className="muted">
              {total > 0 ? `${Math.round((value / total) * 100)} % of ${compact(total)} ` : ""}
            </span>
            <div className="faint xs">{counted}</div>
          </>
        )}
      </div>
    </div>
  );
}

function Legend({
  levels,
  heat,
  counted,
}: {
  levels: readonly number[];
  heat: Heat;
  counted: string;
}): ReactNode {
  if (levels.length === 0)
    return <p className="heat-legend faint s">No observation in this range.</p>;
  return (
    <div className="heat-legend">
      <ul className="heat-scale xs faint" aria-label={`Colours: ${counted}`}>
        <li>
          <i className="blank" />0
        </li>
        {Array.from({ length: LEVELS }, (_, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a colour is its place on the scale.
          <li key={i}>
            <i style={{ background: `var(--q${i + 1})` }} />≤ {compact(rounded(levels[i] ?? 0))}
          </li>
        ))}
      </ul>
      <span className="muted s">{counted}</span>
      {heat.buckets.some(isOverflow) ? (
        <span className="row s muted">
          <i className="heat-hatch" aria-hidden="true" />
          open bucket
        </span>
      ) : null}
    </div>
  );
}

/** Two figures are enough for a scale. */
const rounded = (value: number): number => Number(value.toPrecision(2));

/** "50–100 ms", "≤ 5 ms", "> 10 s". */
export function boundText({ low, high }: HeatBucket, unit: Unit): string {
  const text = (value: number): string => showText(value, unit);
  if (!Number.isFinite(low) && !Number.isFinite(high)) return "any";
  if (!Number.isFinite(high)) return `> ${text(low)}`;
  if (!Number.isFinite(low)) return `≤ ${text(high)}`;
  const [from, to] = [text(low), text(high)];
  const named = to.slice(to.lastIndexOf(" "));
  return from.endsWith(named) ? `${from.slice(0, -named.length)}–${to}` : `${from}–${to}`;
}

function heatSentence(title: string, heat: Heat, labels: readonly string[], range: string): string {
  const sums = heat.counts.map((row) => row.reduce<number>((sum, one) => sum + (one ?? 0), 0));
  const total = sums.reduce((sum, one) => sum + one, 0);
  if (total === 0) return `${title}, ${range}: no observations.`;
  const most = sums.indexOf(Math.max(...sums));
  const share = Math.round(((sums[most] ?? 0) / total) * 100);
  return `${title}, ${range}: most values, ${share} %, were ${labels[most]}.`;
}
