import type { Room } from "@/lib/room";

const NO_RELEASE = "Alerts have no releases";

export const room: Room = {
  id: "alerts",
  label: "Alerts",
  icon: "alert",
  letter: "A",
  order: 100,
  count: "firing",
  pages: [
    {
      path: "alerts",
      scope: { environment: "A rule names its own labels", release: NO_RELEASE, range: true },
      load: async () => (await import("./AlertsPage")).AlertsPage,
    },
  ],
  places: [
    { label: "Alert rules", path: "alerts", search: { tab: "rules" } },
    { label: "Alert history", path: "alerts", search: { tab: "history" } },
  ],
};
