import type { Role } from "@/api/types";

export const ROLES: readonly { value: Role; label: string }[] = [
  { value: "viewer", label: "viewer: sees everything" },
  { value: "member", label: "member: resolves, silences, edits rules" },
  { value: "admin", label: "admin: members, keys, channels" },
  { value: "owner", label: "owner: everything" },
];

/** The role of an option's text; the least where it is none. */
export const roleOf = (text: string): Role =>
  ROLES.find((one) => one.value === text)?.value ?? "viewer";
