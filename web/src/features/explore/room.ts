import type { Room } from "@/lib/room";

export const room: Room = {
  id: "explore",
  label: "Explore",
  icon: "explore",
  letter: "X",
  order: 210,
  pages: [
    {
      path: "explore",
      scope: {
        environment: "A query names its own labels",
        release: "A query names its own labels",
        range: true,
      },
      load: async () => (await import("./ExplorePage")).ExplorePage,
    },
  ],
};
