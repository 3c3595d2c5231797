import type { Room } from "@/lib/room";

export const room: Room = {
  id: "logs",
  label: "Logs",
  icon: "logs",
  letter: "L",
  order: 230,
  pages: [
    {
      path: "logs",
      scope: { environment: true, release: true, range: true },
      load: async () => (await import("./LogsPage")).LogsPage,
    },
  ],
  places: [
    { label: "Live tail", path: "logs", search: { tab: "tail" } },
    { label: "Patterns", path: "logs", search: { tab: "patterns" } },
    { label: "Errors only", path: "logs", search: { q: "level:>=error" } },
  ],
};
