import { type ReactNode, useEffect, useMemo, useRef, useState } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import "./charts.css";
import type { Span } from "@/lib/time";
import { spanText } from "@/lib/time";
import type { Unit } from "@/lib/units";
import { keptMarks, type MarkPlace, markPlacesOf } from "./marks";
import { plotOptions } from "./options";
import { breakGaps, sentence, stack, usualStep } from "./shape";
import { type Hover, Tooltip } from "./Tooltip";
import { useTheme } from "./theme";

export interface ChartSeries {
  readonly label: string;
  readonly values: readonly (number | null)[];
  /** A colour token: `c1`…`c8`, `prev`, `crit-m`, … Default: `c1`, `c2`, … in order. */
  readonly color?: string;
  readonly dash?: readonly number[];
  /** Drawn thin and behind: the period before. */
  readonly isComparison?: boolean;
}

export interface ChartLimit {
  readonly value: number;
  /** "limit 10 %" */
  readonly text: string;
  readonly tone: "crit" | "warn";
}

export interface ChartMark {
  readonly atMs: number;
  readonly label: string;
  /** Where it leads; without, its diamond says only what it was. */
  readonly onPress?: () => void;
}

export interface ChartBand extends Span {
  readonly tone: "crit" | "warn";
}

/** A single observation, drawn as a ring that can be pressed. */
export interface ChartDot {
  readonly atMs: number;
  readonly value: number;
  readonly label: string;
  readonly onPress: () => void;
}

export interface TimeChartProps {
  /** Names the chart in its sentence; print it above the chart too. */
  title: string;
  unit: Unit;
  timesMs: readonly number[];
  series: readonly ChartSeries[];
  /** The whole axis, whether there is data or not. Default: the extent of `timesMs`. */
  span?: Span;
  stepMs?: number;
  zone: string;
  /** CSS pixels; kept through every state, so that nothing moves. */
  height: number;
  kind?: "line" | "bars" | "area";
  stacked?: boolean;
  /** Lines may leave 0; bars and areas may not. */
  fromZero?: boolean;
  limits?: readonly ChartLimit[];
  marks?: readonly ChartMark[];
  bands?: readonly ChartBand[];
  dots?: readonly ChartDot[];
  /** Charts with the same key share their cursor. */
  syncKey?: string;
  /** Drag along the time axis. */
  onZoom?: (span: Span) => void;
}

/** The one chart over time. Gaps stay gaps, lone points are dots, the tooltip names the zone. */
export function TimeChart(props: TimeChartProps): ReactNode {
  const { title, unit, series, zone, height, span, onZoom } = props;
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const [hover, setHover] = useState<Hover | null>(null);
  const [places, setPlaces] = useState<readonly Place[]>([]);
  const [markPlaces, setMarkPlaces] = useState<readonly MarkPlace[]>([]);
  const marks = useRef(props.marks);
  marks.current = props.marks;
  const dots = useRef(props.dots);
  dots.current = props.dots;
  const theme = useTheme();
  const zoom = useRef(onZoom);
  zoom.current = onZoom;
  const shaped = useShaped(props);
  const shape = useRef(shaped);
  shape.current = shaped;
  // What forces a new plot; new data alone does not.
  const structure = JSON.stringify([
    series.map(({ label, color, dash, isComparison }) => [label, color, dash, isComparison]),
    [
      theme,
      unit,
      zone,
      props.kind,
      props.stacked,
      props.fromZero,
      props.syncKey,
      props.limits,
      props.marks?.map(({ atMs }) => atMs),
      props.bands,
      onZoom !== undefined,
    ],
  ]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: `structure` stands for all that the options are made of.
  useEffect(() => {
    const element = host.current;
    if (element === null) return;
    const options = plotOptions(
      { ...props, width: element.clientWidth, element },
      () => shape.current,
      {
        hover: setHover,
        zoom: (chosen) => zoom.current?.(chosen),
        drawn: (made) => {
          setPlaces((old) => kept(old, placesOf(made, dots.current ?? [])));
          setMarkPlaces((old) => keptMarks(old, markPlacesOf(made, marks.current ?? [])));
        },
      },
    );
    const made = new uPlot(options, shape.current.data, element);
    plot.current = made;
    const observer = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [structure, height]);

  useEffect(() => {
    plot.current?.setData(shaped.data);
  }, [shaped]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: drawing reads the dots that are there now.
  useEffect(() => plot.current?.redraw(false), [props.dots]);

  const shownSpan = span ?? { fromMs: shaped.timesMs[0] ?? 0, toMs: shaped.timesMs.at(-1) ?? 0 };
  return (
    <div className="chart" style={{ height }}>
      <div
        className="chart-canvas"
        ref={host}
        role="img"
        aria-label={sentence(title, unit, series, spanText(shownSpan, Date.now(), zone))}
      />
      {places.map(({ dot, left, top }, i) => (
        <button
          // biome-ignore lint/suspicious/noArrayIndexKey: a dot is its place among the drawn ones.
          key={i}
          type="button"
          className="chart-dot"
          style={{ left, top }}
          title={dot.label}
          aria-label={dot.label}
          onClick={dot.onPress}
        />
      ))}
      {markPlaces.map(({ left, top, label, onPress }) => (
        <button
          key={left}
          type="button"
          className="chart-mark"
          style={{ left, top }}
          title={label}
          aria-label={label}
          onClick={onPress}
        />
      ))}
      {hover ? (
        <Tooltip
          hover={hover}
          series={series}
          timesMs={shaped.timesMs}
          columns={shaped.raw}
          unit={unit}
          zone={zone}
        />
      ) : null}
    </div>
  );
}

interface Place {
  readonly dot: ChartDot;
  readonly left: number;
  readonly top: number;
}

/** Where the dots that lie within the axes stand, in CSS pixels. */
function placesOf(u: uPlot, dots: readonly ChartDot[]): Place[] {
  const r = devicePixelRatio;
  const { left, top, width, height } = u.bbox;
  return dots
    .map((dot) => ({
      dot,
      left: Math.round(left / r + u.valToPos(dot.atMs / 1000, "x")),
      top: Math.round(top / r + u.valToPos(dot.value, "y")),
    }))
    .filter(
      (one) =>
        one.left >= left / r &&
        one.left <= (left + width) / r &&
        one.top >= top / r &&
        one.top <= (top + height) / r,
    );
}

/** The old list if nothing has moved, so that drawing again ends. */
function kept(old: readonly Place[], next: readonly Place[]): readonly Place[] {
  const isSame =
    old.length === next.length &&
    old.every((one, i) => {
      const other = next[i];
      return one.dot === other?.dot && one.left === other.left && one.top === other.top;
    });
  return isSame ? old : next;
}

export interface Shaped {
  readonly timesMs: readonly number[];
  /** Columns as they are drawn (stacked if asked). */
  readonly data: uPlot.AlignedData;
  /** Columns as they are worth. */
  readonly raw: readonly (readonly (number | null)[])[];
  readonly stepMs: number;
  readonly span: Span;
}

function useShaped({ timesMs, series, stepMs, stacked, span }: TimeChartProps): Shaped {
  return useMemo(() => {
    const step = stepMs ?? usualStep(timesMs);
    const broken = breakGaps(
      timesMs,
      series.map((one) => one.values),
      step,
    );
    // Drawn in order: the first, which reaches highest, lies behind; the last stands on the axis.
    const drawn = stacked ? stack([...broken.columns].reverse()).reverse() : broken.columns;
    return {
      timesMs: broken.timesMs,
      data: [broken.timesMs.map((at) => at / 1000), ...drawn] as uPlot.AlignedData,
      raw: broken.columns,
      stepMs: step,
      span: span ?? { fromMs: timesMs[0] ?? 0, toMs: timesMs.at(-1) ?? 1 },
    };
  }, [timesMs, series, stepMs, stacked, span]);
}
