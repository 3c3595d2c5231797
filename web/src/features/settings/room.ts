import type { Room } from "@/lib/room";
import { SECTIONS, sectionOf } from "./sections";

const NONE = "Settings hold for all of it";
const scope = { environment: NONE, release: NONE, range: NONE };

const load: Room["pages"][number]["load"] = async () =>
  (await import("./SettingsPage")).SettingsPage;

export const room: Room = {
  id: "settings",
  label: "Settings",
  icon: "settings",
  letter: "S",
  order: 910,
  pages: [
    { path: "settings", scope, load },
    {
      path: "settings/$section",
      title: ({ section = "" }) => sectionOf(section).label,
      scope,
      load,
    },
  ],
  places: SECTIONS.map(({ id, label }) => ({ label, path: `settings/${id}` })),
};
