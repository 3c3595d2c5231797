import type { Room } from "@/lib/room";

const NO_RELEASE = "Home counts all releases";

export const room: Room = {
  id: "home",
  label: "Home",
  icon: "home",
  letter: "H",
  order: 0,
  pages: [
    {
      path: "home",
      scope: { environment: true, release: NO_RELEASE, range: true, compare: true },
      load: async () => (await import("./HomePage")).HomePage,
    },
  ],
};
