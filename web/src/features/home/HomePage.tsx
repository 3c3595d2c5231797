import { type ReactNode, useState } from "react";
import { useHome, useSetup } from "@/api/projects";
import { type Scope, useScope, useSearchState } from "@/api/scope";
import type { HomeData } from "@/api/types";
import { compareShift } from "@/lib/compare";
import { Async, SkeletonRows } from "@/ui/Async";
import { DeploysPanel } from "./DeploysPanel";
import { FirstRecordPanel } from "./FirstRecordPanel";
import { GoldenCharts } from "./GoldenCharts";
import { HostsPanel } from "./HostsPanel";
import "./home.css";
import { IssuesPanel } from "./IssuesPanel";
import { NeedsYouPanel } from "./NeedsYouPanel";
import { ServicesPanel } from "./ServicesPanel";
import { SetupList } from "./SetupList";
import { TargetsPanel } from "./TargetsPanel";

/** What needs me, how the four golden signals are, what is up, what broke. */
export function HomePage(): ReactNode {
  const scope = useScope();
  const [{ vs }] = useSearchState();
  const { value, refreshing } = useHome(scope, compareShift(vs, scope.range)?.ms ?? 0);
  return (
    <div className="page">
      {refreshing ? <span className="progress" aria-hidden="true" /> : null}
      <Async value={value} empty={null} skeleton={<Skeleton />}>
        {(home) =>
          home.setup_done.first_record ? (
            <Ready home={home} scope={scope} />
          ) : (
            <New home={home} scope={scope} />
          )
        }
      </Async>
    </div>
  );
}

/** Before the first record: the way to get it, with the panels that wait for it below. */
function New({ home, scope }: { home: HomeData; scope: Scope }): ReactNode {
  const setup = useSetup(scope.project.id);
  if (setup.state === "loading") return <Skeleton />;
  return (
    <>
      <SetupList done={home.setup_done} />
      <FirstRecordPanel setup={setup} scope={scope} />
      <GoldenCharts home={home} scope={scope} />
    </>
  );
}

/** Every panel has its place from the start, so that the first data moves nothing. */
function Ready({ home, scope }: { home: HomeData; scope: Scope }): ReactNode {
  // The list stays where it is until Home is opened anew, so that the last step moves nothing.
  const [wasSetUp] = useState(Object.values(home.setup_done).every(Boolean));
  return (
    <>
      <NeedsYouPanel home={home} zone={scope.zone} isNew={!wasSetUp} />
      <GoldenCharts home={home} scope={scope} />
      {wasSetUp ? null : <SetupList done={home.setup_done} />}
      <div className="home-lists">
        <ServicesPanel services={home.services} scope={scope} />
        <IssuesPanel issues={home.issues} unresolved={home.counts.unresolved} />
      </div>
      <div className="home-foot">
        <TargetsPanel targets={home.targets} zone={scope.zone} />
        <HostsPanel hosts={home.hosts} projectId={scope.project.id} />
        <DeploysPanel scope={scope} />
      </div>
    </>
  );
}

function Skeleton(): ReactNode {
  return (
    <div className="stack late">
      <div className="panel">
        <SkeletonRows rows={2} height={34} />
      </div>
      <div className="home-charts">
        {["a", "b", "c", "d"].map((key) => (
          <div className="panel" key={key} style={{ height: 181 }}>
            <SkeletonRows rows={2} height={34} />
          </div>
        ))}
      </div>
      <div className="home-lists">
        <div className="panel">
          <SkeletonRows rows={8} />
        </div>
        <div className="panel">
          <SkeletonRows rows={8} />
        </div>
      </div>
    </div>
  );
}
