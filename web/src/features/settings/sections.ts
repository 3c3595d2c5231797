export interface Section {
  readonly id: string;
  readonly label: string;
  readonly of: "project" | "organisation";
}

export const SECTIONS = [
  { id: "project", label: "Project", of: "project" },
  { id: "sources", label: "Send data", of: "project" },
  { id: "keys", label: "Ingest keys", of: "project" },
  { id: "errors", label: "Errors", of: "project" },
  { id: "scraping", label: "Scraping", of: "project" },
  { id: "privacy", label: "Privacy", of: "project" },
  { id: "channels", label: "Channels", of: "project" },
  { id: "members", label: "Members", of: "organisation" },
  { id: "tokens", label: "API tokens", of: "organisation" },
  { id: "audit", label: "Audit log", of: "organisation" },
] as const satisfies readonly Section[];

export type SectionId = (typeof SECTIONS)[number]["id"];

/** The section of an address; the first one where it names none. */
export const sectionOf = (id: string): (typeof SECTIONS)[number] =>
  SECTIONS.find((one) => one.id === id) ?? SECTIONS[0];
