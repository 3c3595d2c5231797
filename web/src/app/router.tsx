import type { QueryClient } from "@tanstack/react-query";
import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from "@tanstack/react-router";
import { defaultOrganisation, defaultProject } from "@/api/scope";
import { fetchSession, SESSION_KEY } from "@/api/session";
import type { Session } from "@/api/types";
import type { RoomPage } from "@/lib/room";
import { parseSearch, type SearchMap, stringifySearch } from "@/lib/url-state";
import { Missing, PageFailure } from "./Failures";
import { rooms } from "./rooms";
import { Shell } from "./Shell";

type AnyRouter = ReturnType<typeof createRouter>;

/** What the shell reads of the page that is open. */
export interface PageFacts {
  readonly page: RoomPage;
  readonly roomId: string;
}

export function makeRouter(client: QueryClient): AnyRouter {
  const session = (): Promise<Session> =>
    client.ensureQueryData({ queryKey: SESSION_KEY, queryFn: fetchSession });
  const root = createRootRoute({
    component: Outlet,
    validateSearch: (search): SearchMap => search as SearchMap,
    errorComponent: PageFailure,
    notFoundComponent: Missing,
  });
  const start = createRoute({
    getParentRoute: () => root,
    path: "/",
    beforeLoad: async () => {
      throw redirect({ to: startOf(await session()) });
    },
  });
  const login = createRoute({
    getParentRoute: () => root,
    path: "login",
    component: lazyRouteComponent(() => import("@/features/session/LoginPage"), "LoginPage"),
  });
  const firstRun = createRoute({
    getParentRoute: () => root,
    path: "first-run",
    component: lazyRouteComponent(() => import("@/features/session/FirstRunPage"), "FirstRunPage"),
  });
  const org = createRoute({
    getParentRoute: () => root,
    path: "o/$org",
    component: Shell,
    beforeLoad: async ({ location, params }) => {
      const found = await session();
      if (found.user === null) throw redirect(signIn(found, location.href));
      const known = found.organisations.find((one) => one.slug === (params as { org: string }).org);
      if (known === undefined) throw redirect({ to: startOf(found) });
      if (defaultProject(known) === undefined) throw redirect({ to: "/first-run" });
    },
  });
  // Where Prometheus's own page has its queries: its links work with this server's address.
  const foreign = ["graph", "query"].map((path) =>
    createRoute({
      getParentRoute: () => root,
      path,
      beforeLoad: async ({ search, location }) => {
        const found = await session();
        if (found.user === null) throw redirect(signIn(found, location.href));
        throw redirect({ to: startOf(found).replace(/home$/, "explore"), search });
      },
    }),
  );
  const home = createRoute({
    getParentRoute: () => org,
    path: "/",
    beforeLoad: ({ params, search }) => {
      throw redirect({ to: `/o/${(params as { org: string }).org}/home`, search });
    },
  });
  const pages = rooms.flatMap((room) =>
    room.pages.map((page) =>
      createRoute({
        getParentRoute: () => org,
        path: page.path,
        staticData: { page, roomId: room.id } satisfies PageFacts,
        component: lazyRouteComponent(async () => ({ default: await page.load() })),
        errorComponent: PageFailure,
      }),
    ),
  );
  return createRouter({
    routeTree: root.addChildren([
      start,
      login,
      firstRun,
      ...foreign,
      org.addChildren([home, ...pages]),
    ]),
    parseSearch,
    stringifySearch,
    defaultPreload: "intent",
    defaultPreloadDelay: 80,
    scrollRestoration: true,
    defaultPendingMs: 150,
  }) as unknown as AnyRouter;
}

function startOf(session: Session): string {
  if (session.first_run) return "/first-run";
  const org = defaultOrganisation(session);
  return session.user === null || org === undefined ? "/login" : `/o/${org.slug}/home`;
}

function signIn(session: Session, next: string): { to: string; search: SearchMap } {
  return session.first_run ? { to: "/first-run", search: {} } : { to: "/login", search: { next } };
}

declare module "@tanstack/react-router" {
  interface StaticDataRouteOption {
    page?: RoomPage;
    roomId?: string;
  }
}
