import type { ReactNode } from "react";
import type { SeriesForecast } from "@/api/forecast";
import { BINARY, bytes, percent, showText, significant, type Unit } from "@/lib/units";

interface WeekViewProps {
  days: SeriesForecast["days"];
  growth: number | null;
  unit: Unit;
  zone: string;
}

const SHOWN = 7;
const STEADY = 0.005;

/** The mean of each of the last seven days, its change, and the week against the one before. */
export function WeekView({ days, growth, unit, zone }: WeekViewProps): ReactNode {
  const week = days.slice(-SHOWN);
  if (week.length < 2) return null;
  const most = Math.max(...week.map((day) => Math.abs(day.mean)), Number.MIN_VALUE);
  const word = isBytes(unit) ? bytes(most).unit : "";
  const weekday = new Intl.DateTimeFormat("en-GB", { weekday: "short", timeZone: zone });
  return (
    <div className="week">
      <p className="s row">
        <span className="muted nowrap">Mean of each day{word === "" ? "" : `, ${word}`}</span>
        {growth === null ? null : (
          <span className="m">
            {mark(growth)} {percent(Math.abs(growth))} in a week
          </span>
        )}
      </p>
      <ol>
        {week.map((day) => (
          <li key={day.start_ms} className={day.is_whole ? undefined : "partial"}>
            <span className="bar" aria-hidden="true">
              <i style={{ height: `${(Math.abs(day.mean) / most) * 100}%` }} />
            </span>
            <span className="xs">{weekday.format(day.start_ms)}</span>
            <span className="xs m" title={showText(day.mean, unit)}>
              {short(day.mean, unit, word)}
            </span>
            <span className="xs faint">{day.change === null ? "–" : changeText(day.change)}</span>
          </li>
        ))}
      </ol>
    </div>
  );
}

const isBytes = (unit: Unit): boolean => unit === "bytes" || unit === "bytes/s";

/** Without its unit, which stands above; bytes all in that of the largest. */
function short(value: number, unit: Unit, word: string): string {
  if (!isBytes(unit)) return showText(value, unit).split(" ")[0] ?? "";
  return significant(value / 1024 ** Math.max(BINARY.indexOf(word), 0));
}

function changeText(change: number): string {
  const size = Math.abs(change) * 100;
  if (Math.abs(change) < STEADY) return "→";
  return `${mark(change)} ${size < 10 ? size.toFixed(1) : Math.round(size)} %`;
}

const mark = (change: number): string => (Math.abs(change) < STEADY ? "→" : change > 0 ? "↑" : "↓");
