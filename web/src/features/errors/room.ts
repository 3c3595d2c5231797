import type { Room } from "@/lib/room";

const scope = { environment: true, release: true, range: true } as const;

export const room: Room = {
  id: "errors",
  label: "Errors",
  icon: "error",
  letter: "E",
  order: 200,
  count: "unresolved",
  pages: [
    { path: "errors", scope, load: async () => (await import("./ErrorsPage")).ErrorsPage },
    {
      path: "errors/breakdown",
      title: () => "Breakdown",
      scope,
      load: async () => (await import("./BreakdownPage")).BreakdownPage,
    },
    {
      path: "errors/releases",
      title: () => "Releases",
      scope: { ...scope, release: "The page shows all releases" },
      load: async () => (await import("./ReleasesPage")).ReleasesPage,
    },
    {
      path: "errors/feedback",
      title: () => "Feedback",
      scope,
      load: async () => (await import("./FeedbackPage")).FeedbackPage,
    },
    {
      path: "errors/monitors",
      title: () => "Cron jobs",
      scope: { ...scope, release: "A job runs in any release" },
      load: async () => (await import("./monitors/MonitorsPage")).MonitorsPage,
    },
    {
      path: "errors/$shortId",
      title: ({ shortId = "" }) => shortId,
      scope: {
        environment: "An issue counts all environments",
        release: "An issue counts all releases",
        range: true,
      },
      load: async () => (await import("./IssuePage")).IssuePage,
    },
  ],
  places: [
    { label: "Regressed issues", path: "errors", search: { tab: "regressed" } },
    { label: "New issues today", path: "errors", search: { tab: "new" } },
    { label: "Issues of mine", path: "errors", search: { tab: "mine" } },
    { label: "Errors by type, endpoint, user", path: "errors/breakdown" },
    { label: "Releases", path: "errors/releases" },
    { label: "User feedback", path: "errors/feedback" },
    { label: "Cron jobs", path: "errors/monitors" },
  ],
};
