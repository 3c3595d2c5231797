import type { Room } from "@/lib/room";

const WHOLE = "Data health is about the whole server";
const PROJECT = "Counted over the whole project";

export const room: Room = {
  id: "data-health",
  label: "Data health",
  icon: "data",
  letter: "D",
  order: 900,
  pages: [
    {
      path: "data-health",
      scope: { environment: WHOLE, release: WHOLE, range: WHOLE },
      load: async () => (await import("./DataHealthPage")).DataHealthPage,
    },
    {
      path: "data-health/targets",
      title: () => "Targets",
      scope: {
        environment: "Targets have no environment",
        release: "Targets have no release",
        range: true,
      },
      load: async () => (await import("./TargetsPage")).TargetsPage,
    },
    {
      path: "data-health/cardinality",
      title: () => "Cardinality",
      scope: { environment: PROJECT, release: PROJECT, range: "Counted over two days" },
      load: async () => (await import("./CardinalityPage")).CardinalityPage,
    },
  ],
  places: [
    { label: "Targets", path: "data-health/targets" },
    { label: "Cardinality", path: "data-health/cardinality" },
  ],
};
