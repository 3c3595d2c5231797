import type { Loaded } from "@/lib/loaded";
import { call } from "./client";
import { projectPath } from "./projects";
import { projectKey, useLoaded } from "./queries";
import type { components } from "./schema";

type Schemas = components["schemas"];
export type Forecast = Schemas["ForecastAnswer"];
export type SeriesForecast = Schemas["SeriesForecast"];
export type Forecasts = Schemas["ForecastsAnswer"];
export type HostForecast = Schemas["HostForecast"];

const STALE_MS = 10 * 60_000;

/** When the series of a query reach a limit; null asks for the trend alone. */
export function useForecast(
  projectId: number,
  expr: string,
  limit: number | null,
  zone: string,
): { value: Loaded<Forecasts>; refreshing: boolean } {
  return useLoaded<Forecasts>({
    key: projectKey(projectId, [], "forecast", expr, limit, zone),
    fetch: (signal) =>
      call("GET", projectPath(projectId, "/forecast"), {
        query: { expr, limit, tz: zone },
        signal,
      }),
    enabled: expr.trim() !== "",
    isEmpty: (answer) => answer.series.length === 0,
    staleMs: STALE_MS,
    keepPrevious: true,
  });
}

/** When hosts run out of disk, memory or processor, null until it is known; asked apart, as it
 * looks back two weeks. */
export function useHostForecasts(
  projectId: number,
  enabled: boolean,
): readonly HostForecast[] | null {
  const { value } = useLoaded<Schemas["HostForecastsAnswer"]>({
    key: projectKey(projectId, [], "host-forecasts"),
    fetch: (signal) => call("GET", projectPath(projectId, "/forecast/hosts"), { signal }),
    enabled,
    staleMs: STALE_MS,
  });
  return value.state === "ready" ? value.data.hosts : value.state === "failed" ? [] : null;
}
