import type { Room } from "@/lib/room";

export const room: Room = {
  id: "traces",
  label: "Traces",
  icon: "trace",
  letter: "T",
  order: 220,
  pages: [
    {
      path: "traces",
      scope: { environment: true, release: true, range: true },
      load: async () => (await import("./TracesPage")).TracesPage,
    },
    {
      path: "traces/$traceId",
      title: ({ traceId = "" }) => traceId.slice(0, 8),
      scope: {
        environment: "A trace is shown whole",
        release: "A trace is shown whole",
        range: "A trace has its own time",
      },
      load: async () => (await import("./TracePage")).TracePage,
    },
  ],
  places: [
    { label: "Service map", path: "traces", search: { tab: "map" } },
    { label: "Endpoints", path: "traces", search: { tab: "endpoints" } },
    { label: "Database", path: "traces", search: { tab: "database" } },
    { label: "Profiles", path: "traces", search: { tab: "profiles" } },
    { label: "Slowest traces", path: "traces", search: { sort: "slowest" } },
    { label: "Failed traces", path: "traces", search: { q: "status:error" } },
  ],
};
