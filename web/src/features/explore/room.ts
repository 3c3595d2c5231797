import type { Room } from "@/lib/room";

const OWN = "A query names its own labels";

export const room: Room = {
  id: "explore",
  label: "Explore",
  icon: "explore",
  letter: "X",
  order: 210,
  pages: [
    {
      path: "explore",
      scope: { environment: OWN, release: OWN, range: true, compare: true },
      load: async () => (await import("./ExplorePage")).ExplorePage,
    },
    {
      path: "explore/metrics",
      title: () => "Metrics",
      scope: {
        environment: "All metrics of the project are listed",
        release: "All metrics of the project are listed",
        range: true,
      },
      load: async () => (await import("./MetricsPage")).MetricsPage,
    },
  ],
  places: [{ label: "All metrics", path: "explore/metrics" }],
};
