import { type ReactNode, useMemo } from "react";
import { type LogFilter, type LogHistogram, useLogHistogram } from "@/api/logs";
import { type Scope, spanNow, useSetRange } from "@/api/scope";
import { TimeChart } from "@/charts/TimeChart";
import { REFUSED_SEARCH } from "@/lib/search-terms";
import { compact, perStep } from "@/lib/units";
import { Async } from "@/ui/Async";
import { Tag } from "@/ui/Panel";
import {
  LOG_SEVERITIES,
  type LogSeverity,
  SEVERITY_COLOR,
  SeverityGlyph,
} from "@/ui/SeverityGlyph";
import { hasTerm, termOf } from "./terms";

const HEIGHT = 84;

interface HistogramProps {
  scope: Scope;
  filter: LogFilter;
  q: string;
  onTerm: (term: string) => void;
}

/** Lines per bucket by severity; drag to zoom, press a severity to see only it. */
export function Histogram({ scope, filter, q, onTerm }: HistogramProps): ReactNode {
  const { value, refreshing } = useLogHistogram(scope.project.id, filter);
  return (
    <section className="panel open log-histogram" aria-label="Lines by severity">
      {refreshing ? <div className="progress" /> : null}
      <Head
        histogram={value.state === "ready" ? value.data : null}
        isActive={(severity) => hasTerm(q, termOf("level", severity))}
        onSeverity={(severity) => onTerm(termOf("level", severity))}
      />
      <Async
        value={value}
        empty={null}
        quiet={REFUSED_SEARCH}
        minHeight={HEIGHT}
        skeleton={<div style={{ height: HEIGHT }} />}
      >
        {(data) => <Chart data={data} scope={scope} />}
      </Async>
    </section>
  );
}

function Chart({ data, scope }: { data: LogHistogram; scope: Scope }): ReactNode {
  const setRange = useSetRange();
  const series = useMemo(
    () =>
      LOG_SEVERITIES.filter((severity) =>
        (data.by_severity[severity] ?? []).some((n) => n > 0),
      ).map((severity) => ({
        label: severity,
        values: data.by_severity[severity] ?? [],
        color: SEVERITY_COLOR[severity],
      })),
    [data],
  );
  return (
    <TimeChart
      title="Lines by severity"
      unit=""
      timesMs={data.times_ms}
      stepMs={data.step_ms}
      series={series}
      span={spanNow(scope.range)}
      zone={scope.zone}
      height={HEIGHT}
      kind="bars"
      stacked
      onZoom={setRange}
    />
  );
}

interface HeadProps {
  histogram: LogHistogram | null;
  isActive: (severity: LogSeverity) => boolean;
  onSeverity: (severity: LogSeverity) => void;
}

function Head({ histogram, isActive, onSeverity }: HeadProps): ReactNode {
  return (
    <div className="log-histogram-head">
      <h2>{histogram ? `Lines ${perStep(histogram.step_ms)}` : "Lines"}</h2>
      <span className="m">{histogram ? compact(histogram.total) : "–"}</span>
      {histogram && !histogram.is_exact ? (
        <Tag title="Counted in a part of the lines and scaled up">≈</Tag>
      ) : null}
      <ul className="row wrap" aria-label="By severity">
        {[...LOG_SEVERITIES].reverse().map((severity) => (
          <li key={severity}>
            <button
              type="button"
              className="severity-button"
              aria-pressed={isActive(severity)}
              title={`Only ${severity}`}
              onClick={() => onSeverity(severity)}
            >
              <i
                className="swatch"
                style={{ background: `var(--${SEVERITY_COLOR[severity]})` }}
                aria-hidden="true"
              />
              <SeverityGlyph severity={severity} silent />
              {severity}
              <b className="m">
                {histogram === null ? "–" : compact(sum(histogram.by_severity[severity]))}
              </b>
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}

const sum = (values: readonly number[] = []): number =>
  values.reduce((total, value) => total + value, 0);
