import { Outlet, useMatches, useParams, useSearch } from "@tanstack/react-router";
import { lazy, type ReactNode, Suspense, useEffect, useState } from "react";
import { useLive } from "@/api/live";
import { droppedScope, usePreference, useScope } from "@/api/scope";
import { useSession } from "@/api/session";
import { endsNow } from "@/lib/time";
import type { SearchMap } from "@/lib/url-state";
import { Glyph } from "@/ui/Glyph";
import { PAGE_TOOLS_ID } from "@/ui/PageHead";
import { PageLink } from "@/ui/PageLink";
import { Toasts } from "@/ui/Toasts";
import { Rail, Tabs } from "./Rail";
import { RowMenu } from "./RowMenu";
import { firstPath, rooms } from "./rooms";
import { ScopeBar } from "./ScopeBar";
import { type Command, useShortcuts } from "./shortcuts";

const Palette = lazy(() => import("./Palette").then((module) => ({ default: module.Palette })));
const Help = lazy(() => import("./Help").then((module) => ({ default: module.Help })));

/** All pages behind the login: rail, scope bar, the page, and the layers above it. */
export function Shell(): ReactNode {
  const session = useSession();
  return session.state === "ready" && session.data.user ? <SignedIn /> : null;
}

function SignedIn(): ReactNode {
  const scope = useScope();
  const isLiveWanted = usePreference("live") !== "off" && endsNow(scope.range);
  useLive(scope.project.id, isLiveWanted);
  const [layer, setLayer] = useState<"palette" | "help" | null>(null);
  const [signals, setSignals] = useState({ range: 0, compare: 0 });
  const run = (command: Command): void => {
    if (command === "palette" || command === "help") setLayer(command);
    else setSignals((old) => ({ ...old, [command]: old[command] + 1 }));
  };
  useShortcuts(scope, run);
  return (
    <div className="app">
      <a className="skip" href="#main">
        Skip to the page
      </a>
      <Rail onFind={() => setLayer("palette")} onHelp={() => setLayer("help")} />
      <div>
        <header className="top">
          <Heading />
          <span className="row" id={PAGE_TOOLS_ID} />
          <span className="grow" />
          <ScopeBar scope={scope} signals={signals} />
        </header>
        <main id="main" tabIndex={-1}>
          <Dropped />
          <Outlet />
        </main>
      </div>
      <Tabs onFind={() => setLayer("palette")} />
      <RowMenu scope={scope} />
      <Toasts />
      <Suspense fallback={null}>
        {layer === "palette" ? (
          <Palette onClose={() => setLayer(null)} onHelp={() => setLayer("help")} />
        ) : null}
        {layer === "help" ? <Help onClose={() => setLayer(null)} /> : null}
      </Suspense>
    </div>
  );
}

/** The page's one h1; below the room's first page the room's name leads back. */
function Heading(): ReactNode {
  const match = useMatches().at(-1);
  const { project } = useScope();
  const page = match?.staticData.page;
  const room = rooms.find((one) => one.id === match?.staticData.roomId);
  const own = page?.title?.((match?.params ?? {}) as Record<string, string>);
  useEffect(() => {
    document.title = [own ?? room?.label, project.name, "Watchkeeper"].filter(Boolean).join(" · ");
  }, [own, room, project]);
  if (room === undefined) return <h1>Watchkeeper</h1>;
  if (own === undefined) return <h1>{room.label}</h1>;
  return (
    <h1 className="trunc">
      <PageLink to={firstPath(room)} className="faint">
        {room.label}
      </PageLink>
      <span className="faint"> / </span>
      {own}
    </h1>
  );
}

function Dropped(): ReactNode {
  const session = useSession();
  const { org } = useParams({ strict: false }) as { org?: string };
  const search = useSearch({ strict: false }) as SearchMap;
  const names = session.state === "ready" ? droppedScope(session.data, org ?? "", search) : [];
  if (names.length === 0) return null;
  return (
    <p className="notice" role="status">
      <Glyph status="warn" label="" />
      Left out of the address as not understood: {names.join(", ")}.
    </p>
  );
}
