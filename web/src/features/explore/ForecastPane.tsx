import { type ReactNode, useMemo } from "react";
import { type SeriesForecast, useForecast } from "@/api/forecast";
import { useSearchState } from "@/api/scope";
import { ChartPanel } from "@/charts/ChartPanel";
import { errorText, intervalText, outlookText } from "@/lib/forecast";
import { date } from "@/lib/time";
import { count, percent, showText, type Unit } from "@/lib/units";
import { useNow } from "@/ui/Ago";
import { Async } from "@/ui/Async";
import { Glyph, type Status } from "@/ui/Glyph";
import { LimitForm } from "./LimitForm";
import { type ResultProps, Skeleton } from "./Result";
import { type Labels, seriesName, varyingLabels } from "./series";
import { WeekView } from "./WeekView";

interface ForecastPaneProps extends ResultProps {
  unit: Unit;
}

const DAY_MS = 86_400_000;
const HEIGHT = 220;

/** When each series meets a limit, with the error the method had, and how the days went. */
export function ForecastPane(props: ForecastPaneProps): ReactNode {
  const { query, scope, unit } = props;
  const [search, change] = useSearchState();
  const limit = limitOf(search.limit, unit);
  const { value, refreshing } = useForecast(scope.project.id, query.expr, limit, scope.zone);
  return (
    <>
      <LimitForm
        unit={unit}
        limit={limit}
        onLimit={(next) => change({ limit: next === null ? "none" : String(next) })}
      />
      <Async value={value} minHeight={320} skeleton={<Skeleton />} empty={<NoHistory />}>
        {(answer) => (
          <>
            {refreshing ? <div className="progress" /> : null}
            {answer.series.map((one) => (
              <One
                key={seriesName(one.labels)}
                made={one}
                name={nameAmong(
                  one.labels,
                  answer.series.map((each) => each.labels),
                )}
                {...props}
              />
            ))}
            {answer.total > answer.series.length ? (
              <p className="faint s">
                {count(answer.series.length)} of {count(answer.total)} series; aggregate or name
                more labels to see others.
              </p>
            ) : null}
          </>
        )}
      </Async>
    </>
  );
}

/** What the address says; else what a ratio or per cent cannot exceed. */
function limitOf(text: string | undefined, unit: Unit): number | null {
  if (text === "none") return null;
  const given = text === undefined ? Number.NaN : Number(text);
  if (Number.isFinite(given)) return given;
  return unit === "ratio" ? 1 : unit === "percent" ? 100 : null;
}

const STATUS: Record<string, Status> = {
  over: "crit",
  reaches: "warn",
  beyond: "ok",
  steady: "ok",
  short: "unknown",
};
const SOON_MS = 14 * DAY_MS;

interface OneProps extends ForecastPaneProps {
  made: SeriesForecast;
  name: string;
}

function One({ made, name, unit, scope }: OneProps): ReactNode {
  const now = useNow();
  const { forecast } = made;
  const isFar = (forecast.at_ms ?? 0) - now > SOON_MS;
  const status =
    forecast.outlook === "reaches" && isFar ? "ok" : (STATUS[forecast.outlook ?? ""] ?? "note");
  const { timesMs, series, span } = useMemo(() => chartOf(made, now), [made, now]);
  const limitText = forecast.limit === null ? "" : `limit ${showText(forecast.limit, unit)}`;
  return (
    <section className="forecast panel open" aria-label={`Forecast of ${seriesName(made.labels)}`}>
      <div className="forecast-facts">
        <h2 className="mono s" title={seriesName(made.labels)}>
          {name}
        </h2>
        {forecast.outlook === null ? null : (
          <p className="forecast-head">
            <Glyph status={status} label="" />
            <b>{outlookText(forecast, `at ${showText(forecast.limit, unit)}`, now)}</b>
          </p>
        )}
        <dl className="dl s">
          {intervalText(forecast, now) ? (
            <>
              <dt>8 of 10 tests</dt>
              <dd>{intervalText(forecast, now)}</dd>
            </>
          ) : null}
          {forecast.at_ms === null ? null : (
            <>
              <dt>That is</dt>
              <dd>{date(forecast.at_ms, scope.zone, now)}</dd>
            </>
          )}
          <dt>Now, by the trend</dt>
          <dd>{showText(forecast.now, unit)}</dd>
          <dt>Change in a day</dt>
          <dd>{signed(forecast.per_day, unit)}</dd>
          <dt>So far</dt>
          <dd>{errorText(forecast, unit)}</dd>
          <dt>Rests on</dt>
          <dd>
            {Math.max(1, Math.round(forecast.history_ms / DAY_MS))} d
            {forecast.is_seasonal ? ", its daily course taken out" : ""}
          </dd>
        </dl>
      </div>
      <ChartPanel
        className="bare"
        head={null}
        title={`${seriesName(made.labels)} and its trend`}
        unit={unit}
        timesMs={timesMs}
        stepMs={3_600_000}
        series={series}
        span={span}
        zone={scope.zone}
        height={HEIGHT}
        fromZero={false}
        {...(forecast.limit === null
          ? {}
          : { limits: [{ value: forecast.limit, text: limitText, tone: "crit" as const }] })}
      />
      <WeekView days={made.days} growth={made.growth} unit={unit} zone={scope.zone} />
    </section>
  );
}

/** By what it differs from its neighbours; alone by all of its labels. */
function nameAmong(labels: Labels, all: readonly Labels[]): string {
  const varying = varyingLabels(all);
  const own = varying.map((label) => labels[label]).filter(Boolean);
  return own.join(", ") || seriesName(labels);
}

/** The past as it was and the trend up to the limit, at most as far ahead as the past is long. */
function chartOf(
  made: SeriesForecast,
  nowMs: number,
): {
  timesMs: number[];
  series: { label: string; values: (number | null)[]; color: string; dash?: number[] }[];
  span: { fromMs: number; toMs: number };
} {
  const { forecast, times_ms: past, values } = made;
  const last = past.at(-1) ?? nowMs;
  const length = Math.max(last - (past[0] ?? last), DAY_MS);
  const end = last + Math.min(Math.max((forecast.at_ms ?? 0) - last, length / 4), length);
  const future: number[] = [];
  for (let at = last + 3_600_000; at <= end; at += 3_600_000) future.push(at);
  const timesMs = [...past, ...future];
  const trend = timesMs.map((at) =>
    at < forecast.since_ms ? null : forecast.now + (forecast.per_day * (at - last)) / DAY_MS,
  );
  const isKnown = forecast.outlook !== "short";
  return {
    timesMs,
    series: [
      { label: "value", values: [...values, ...future.map(() => null)], color: "c1" },
      ...(isKnown ? [{ label: "trend", values: trend, color: "c2", dash: [6, 3] }] : []),
    ],
    span: { fromMs: past[0] ?? last, toMs: end },
  };
}

function signed(value: number, unit: Unit): string {
  if (value === 0) return "none";
  const sign = value > 0 ? "+" : "–";
  const size = Math.abs(value);
  if (unit === "ratio") return `${sign}${percent(size).replace(" %", "")} pp`;
  return `${sign}${showText(size, unit)}`;
}

function NoHistory(): ReactNode {
  return (
    <section className="panel">
      <div className="state result-empty">
        <p>No whole hour of it was stored in the last 14 days.</p>
        <p className="faint s">A forecast needs at least a day of values.</p>
      </div>
    </section>
  );
}
