import { lazy, type ReactNode, Suspense } from "react";
import { useScope, useSearchState } from "@/api/scope";
import { SkeletonRows } from "@/ui/Async";
import { TabBar } from "@/ui/TabBar";
import { SearchTab } from "./SearchTab";
import "./traces.css";

const MapTab = lazy(() => import("./MapTab").then((one) => ({ default: one.MapTab })));
const EndpointsTab = lazy(() =>
  import("./EndpointsTab").then((one) => ({ default: one.EndpointsTab })),
);
const DatabaseTab = lazy(() =>
  import("./DatabaseTab").then((one) => ({ default: one.DatabaseTab })),
);
const ProfilesTab = lazy(() =>
  import("./ProfilesTab").then((one) => ({ default: one.ProfilesTab })),
);

const TABS = [
  { id: "search", label: "Search" },
  { id: "map", label: "Service map" },
  { id: "endpoints", label: "Endpoints" },
  { id: "database", label: "Database" },
  { id: "profiles", label: "Profiles" },
] as const;

/** Requests across services: found one by one, and summed up by service, endpoint and statement. */
export function TracesPage(): ReactNode {
  const scope = useScope();
  const [search, change] = useSearchState();
  const tab = TABS.find((one) => one.id === search.tab)?.id ?? "search";
  const open = (id: string): void =>
    change({
      tab: id === "search" ? undefined : id,
      q: undefined,
      sort: undefined,
      sel: undefined,
      peek: undefined,
      service: undefined,
      view: undefined,
    });
  return (
    <div className="page traces">
      <div className="page-tabs">
        <TabBar label="Traces" tabs={TABS} value={tab} onChoose={open} isFlush />
      </div>
      <Suspense fallback={<Placeholder />}>
        {tab === "search" ? <SearchTab scope={scope} /> : null}
        {tab === "map" ? <MapTab scope={scope} /> : null}
        {tab === "endpoints" ? <EndpointsTab scope={scope} /> : null}
        {tab === "database" ? <DatabaseTab scope={scope} /> : null}
        {tab === "profiles" ? <ProfilesTab scope={scope} /> : null}
      </Suspense>
    </div>
  );
}

function Placeholder(): ReactNode {
  return (
    <section className="panel" aria-busy="true" aria-label="Loading">
      <SkeletonRows rows={14} />
    </section>
  );
}
