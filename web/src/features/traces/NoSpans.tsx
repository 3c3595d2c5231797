import type { ReactNode } from "react";
import type { Scope } from "@/api/scope";
import { useLastTrace } from "@/api/traces";
import { mapLoaded } from "@/lib/loaded";
import { WhyEmpty } from "@/onboarding/WhyEmpty";

interface NoSpansProps {
  scope: Scope;
  /** What the table holds: "endpoint". */
  what: string;
  isNarrow: boolean;
  onClear?: () => void;
  /** How to get some, where traces alone do not bring them. */
  hint?: ReactNode;
}

/** Why a table of traces, or of what they are summed up to, is empty. */
export function NoSpans({ scope, ...rest }: NoSpansProps): ReactNode {
  const last = useLastTrace(scope.project.id, true);
  return (
    <WhyEmpty
      scope={scope}
      record="trace"
      brings="traces"
      last={mapLoaded(last, (newest) => newest?.start_ms ?? null)}
      {...rest}
    />
  );
}
