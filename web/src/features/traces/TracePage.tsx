import { useParams } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useScope, useSearchState } from "@/api/scope";
import { useTrace } from "@/api/traces";
import { Async, SkeletonRows } from "@/ui/Async";
import { TraceHead } from "./TraceHead";
import { TraceViews } from "./TraceViews";
import "./traces.css";
import "./trace.css";

/** One trace: what it was, and each of its spans on one time axis. */
export function TracePage(): ReactNode {
  const scope = useScope();
  const { traceId = "" } = useParams({ strict: false }) as { traceId?: string };
  const [search] = useSearchState();
  const value = useTrace(scope.project.id, traceId, search.skew !== "off");
  return (
    <div className="page trace">
      <Async
        value={value}
        empty={null}
        skeleton={
          <section className="panel" aria-label="Trace">
            <SkeletonRows rows={20} height={28} />
          </section>
        }
      >
        {(trace) => (
          <>
            <TraceHead trace={trace} scope={scope} />
            <TraceViews key={trace.trace_id} trace={trace} scope={scope} />
          </>
        )}
      </Async>
    </div>
  );
}
