import type { ReactNode } from "react";

const PATHS = {
  home: "M2.5 7.2 8 2.8l5.5 4.4v6.3h-3.7V9.8H6.2v3.7H2.5z",
  alert: "M4 7a4 4 0 1 1 8 0v3l1.2 1.8H2.8L4 10zM6.8 13.6h2.4",
  error:
    "M5.2 6.2a2.8 2.8 0 0 1 5.6 0v4a2.8 2.8 0 0 1-5.6 0zM5.2 8.2H2.6M13.4 8.2h-2.6M5.4 5 3.6 3.4M10.6 5l1.8-1.6M5.4 11.4l-1.8 1.8M10.6 11.4l1.8 1.8",
  explore: "M2.5 2.5v11h11M4.8 10.2l2.6-3.4 2.2 1.9 3.3-4.5",
  data: "M2.8 4c0-1 2.3-1.8 5.2-1.8S13.2 3 13.2 4 10.9 5.8 8 5.8 2.8 5 2.8 4zM2.8 4v8c0 1 2.3 1.8 5.2 1.8s5.2-.8 5.2-1.8V4M2.8 8c0 1 2.3 1.8 5.2 1.8S13.2 9 13.2 8",
  settings: "M2.5 4.5h6M11.5 4.5h2M2.5 11.5h2M7.5 11.5h6M10 3v3M6 10v3",
  find: "M7 2.5a4.5 4.5 0 1 1 0 9 4.5 4.5 0 0 1 0-9zM10.3 10.3l3.2 3.2",
  down: "M4 6l4 4 4-4",
  right: "M6 4l4 4-4 4",
  left: "M10 4 6 8l4 4",
  check: "M3 8.5 6.5 12 13 4.5",
  close: "M4 4l8 8M12 4l-8 8",
  more: "M3.5 8h.1M8 8h.1M12.5 8h.1",
  copy: "M5.5 5.5h8v8h-8zM3.5 10.5h-1v-8h8v1",
  plus: "M8 3v10M3 8h10",
  minus: "M3 8h10",
  key: "M10.2 2.5a3.3 3.3 0 1 1-3 4.6L2.5 11.8v1.7h2.2v-1.4h1.6v-1.6l1.7-1.1M11 5.2h.1",
  user: "M8 7.6a2.6 2.6 0 1 0 0-5.2 2.6 2.6 0 0 0 0 5.2zM3 13.5c.3-2.6 2.3-4 5-4s4.7 1.4 5 4",
  globe:
    "M8 2.2a5.8 5.8 0 1 1 0 11.6A5.8 5.8 0 0 1 8 2.2zM2.2 8h11.6M8 2.2c3.4 3.6 3.4 8 0 11.6M8 2.2c-3.4 3.6-3.4 8 0 11.6",
  link: "M6.5 9.5l3-3M7 4.8l1.3-1.3a2.9 2.9 0 0 1 4.2 4.2L11.2 9M9 11.2l-1.3 1.3a2.9 2.9 0 0 1-4.2-4.2L4.8 7",
  play: "M5 3.5v9l7.5-4.5z",
  trace: "M2.5 3.8h5M5 8h6M9 12.2h4.5",
  logs: "M3 3.5h10M3 6.5h7M3 9.5h10M3 12.5h5",
  table: "M2.5 3.5h11v9h-11zM2.5 6.5h11M2.5 9.5h11M6.5 6.5v6",
  help: "M8 2.2a5.8 5.8 0 1 1 0 11.6A5.8 5.8 0 0 1 8 2.2zM6.2 6.4a1.8 1.8 0 1 1 2.6 1.7c-.6.3-.8.7-.8 1.3M8 11.4v.1",
  peek: "M2.5 3h11v10h-11zM8.8 3v10M11 6.2h.8M11 8.4h.8",
  dots: "M8 3.5v.1M8 8v.1M8 12.5v.1",
} as const;

export type IconName = keyof typeof PATHS;

/** A 16 px line drawing; decoration only, the word stands beside it. */
export function Icon({ name, small = false }: { name: IconName; small?: boolean }): ReactNode {
  return (
    <svg className={small ? "i sm" : "i"} viewBox="0 0 16 16" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}

/** The clock of the brand. */
export function Mark(): ReactNode {
  return (
    <svg viewBox="0 0 18 18" width="18" height="18" aria-hidden="true">
      <circle cx="9" cy="9" r="7.8" fill="none" stroke="var(--text)" strokeWidth="1.6" />
      <path
        d="M9 4.2V9l3.3 2.2"
        fill="none"
        stroke="var(--text)"
        strokeWidth="1.6"
        strokeLinecap="round"
      />
      <circle cx="9" cy="9" r="1.5" fill="var(--accent)" />
    </svg>
  );
}
