import type { ReactNode } from "react";

/** A status is a shape, a word and a colour: each reads without the others. */
export type Status =
  | "ok"
  | "warn"
  | "crit"
  | "info"
  | "pending"
  | "unknown"
  | "ack"
  | "deploy"
  | "paused"
  | "note";

const WORDS: Record<Status, string> = {
  ok: "ok",
  warn: "warning",
  crit: "critical",
  info: "info",
  pending: "pending",
  unknown: "no data",
  ack: "acknowledged",
  deploy: "deployment",
  paused: "paused",
  note: "note",
};

const SHAPES: Record<Status, ReactNode> = {
  ok: (
    <g fill="none" stroke="var(--ok-m)" strokeWidth="1.5">
      <circle cx="7" cy="7" r="5.6" />
      <path d="M4.4 7.2 6.3 9l3.4-3.9" />
    </g>
  ),
  warn: (
    <>
      <path d="M7 1.3 13.2 12.3H.8z" fill="var(--warn-m)" />
      <path d="M7 5v3.6M7 10.2v.5" stroke="var(--panel)" strokeWidth="1.5" />
    </>
  ),
  crit: (
    <>
      <path d="M4.3.8h5.4l3.5 3.5v5.4l-3.5 3.5H4.3L.8 9.7V4.3z" fill="var(--crit-m)" />
      <path d="M7 3.6v4M7 9.5v.8" stroke="#fff" strokeWidth="1.7" />
    </>
  ),
  info: (
    <>
      <circle cx="7" cy="7" r="5.8" fill="var(--info-m)" />
      <path d="M7 6.3v3.7M7 4v.4" stroke="var(--panel)" strokeWidth="1.6" />
    </>
  ),
  pending: (
    <>
      <circle cx="7" cy="7" r="5.6" fill="none" stroke="var(--warn-m)" strokeWidth="1.5" />
      <path d="M7 1.4a5.6 5.6 0 0 1 0 11.2z" fill="var(--warn-m)" />
    </>
  ),
  unknown: (
    <circle
      cx="7"
      cy="7"
      r="5.6"
      fill="none"
      stroke="var(--unknown-m)"
      strokeWidth="1.5"
      strokeDasharray="2.4 2"
    />
  ),
  ack: (
    <>
      <circle cx="7" cy="7" r="5.8" fill="var(--info-m)" />
      <path d="M4.3 7.2 6.2 9.1l3.5-4" fill="none" stroke="var(--panel)" strokeWidth="1.6" />
    </>
  ),
  deploy: <path d="M7 1.5 12.5 7 7 12.5 1.5 7z" fill="var(--muted)" />,
  paused: (
    <g fill="none" stroke="var(--unknown-m)" strokeWidth="1.5">
      <circle cx="7" cy="7" r="5.6" />
      <path d="M5.6 4.8v4.4M8.4 4.8v4.4" />
    </g>
  ),
  note: <circle cx="7" cy="7" r="4" fill="none" stroke="var(--line-2)" strokeWidth="1.6" />,
};

/** The shape of a status. Give `label=""` where the word stands beside it. */
export function Glyph({
  status,
  label = WORDS[status],
}: {
  status: Status;
  label?: string;
}): ReactNode {
  if (label === "") {
    return (
      <svg className="g" viewBox="0 0 14 14" aria-hidden="true">
        {SHAPES[status]}
      </svg>
    );
  }
  return (
    <svg className="g" viewBox="0 0 14 14" role="img" aria-label={label}>
      {SHAPES[status]}
    </svg>
  );
}

export type Severity = "low" | "medium" | "high" | "critical";
const LEVELS: readonly Severity[] = ["low", "medium", "high", "critical"];

const BAR_FILL: Record<Severity, string> = {
  low: "var(--muted)",
  medium: "var(--muted)",
  high: "var(--warn-m)",
  critical: "var(--crit-m)",
};

/** Issue severity as one to four bars. */
export function SeverityBars({
  severity,
  silent = false,
}: {
  severity: Severity;
  silent?: boolean;
}): ReactNode {
  const level = LEVELS.indexOf(severity) + 1;
  const bars = LEVELS.map((name, i) => (
    <rect
      key={name}
      x={0.5 + i * 3.5}
      y={9.5 - i * 2.7}
      width="2.4"
      height={3.5 + i * 2.7}
      rx=".6"
      fill={i < level ? BAR_FILL[severity] : "var(--line)"}
    />
  ));
  return silent ? (
    <svg className="g" viewBox="0 0 14 14" aria-hidden="true">
      {bars}
    </svg>
  ) : (
    <svg className="g" viewBox="0 0 14 14" role="img" aria-label={`severity ${severity}`}>
      {bars}
    </svg>
  );
}
