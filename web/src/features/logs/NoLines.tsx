import type { ReactNode } from "react";
import { type LogFilter, useLastLine } from "@/api/logs";
import { type Scope, useSearchState } from "@/api/scope";
import { mapLoaded } from "@/lib/loaded";
import { WhyEmpty } from "@/onboarding/WhyEmpty";

/** Why there is no line. */
export function NoLines({ scope, filter }: { scope: Scope; filter: LogFilter }): ReactNode {
  const [, change] = useSearchState();
  const last = useLastLine(scope.project.id);
  return (
    <WhyEmpty
      scope={scope}
      what={filter.q === "" ? "lines" : "line"}
      record="log line"
      brings="logs"
      last={mapLoaded(last, (newest) => newest?.ts_ms ?? null)}
      isNarrow={filter.q !== ""}
      onClear={() => change({ q: undefined, env: undefined, release: undefined })}
    />
  );
}
