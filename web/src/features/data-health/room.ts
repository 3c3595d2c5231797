import type { Room } from "@/lib/room";

const WHOLE = "Data health is about the whole server";

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
  ],
};
