import type { ReactNode } from "react";

export type LogSeverity = "trace" | "debug" | "info" | "warn" | "error" | "fatal";

export const LOG_SEVERITIES: readonly LogSeverity[] = [
  "trace",
  "debug",
  "info",
  "warn",
  "error",
  "fatal",
];

/** The colour token of a severity's mark in charts. */
export const SEVERITY_COLOR: Readonly<Record<LogSeverity, string>> = {
  trace: "line-2",
  debug: "prev",
  info: "q4",
  warn: "warn-m",
  error: "crit-m",
  fatal: "c6",
};

const SHAPES: Record<LogSeverity, ReactNode> = {
  trace: <circle cx="6" cy="6" r="1.4" fill="var(--line-2)" />,
  debug: <circle cx="6" cy="6" r="2.6" fill="none" stroke="var(--line-2)" strokeWidth="1.4" />,
  info: <circle cx="6" cy="6" r="3" fill="var(--info-m)" />,
  warn: <path d="M6 1.4 11.2 10.6H.8z" fill="var(--warn-m)" />,
  error: <path d="M3.7 1h4.6L11 3.7v4.6L8.3 11H3.7L1 8.3V3.7z" fill="var(--crit-m)" />,
  fatal: (
    <>
      <path d="M3.7.4h4.6l3.3 3.3v4.6l-3.3 3.3H3.7L.4 8.3V3.7z" fill="var(--crit-m)" />
      <path d="M4 4l4 4M8 4 4 8" stroke="#fff" strokeWidth="1.5" />
    </>
  ),
};

/** The shape of a log line's severity; what is unknown has a dash. */
export function SeverityGlyph({
  severity,
  silent = false,
}: {
  severity: string;
  silent?: boolean;
}): ReactNode {
  const shape = SHAPES[severity as LogSeverity] ?? (
    <path d="M3 6h6" stroke="var(--line-2)" strokeWidth="1.4" />
  );
  return silent ? (
    <svg className="sev" viewBox="0 0 12 12" width="12" height="12" aria-hidden="true">
      {shape}
    </svg>
  ) : (
    <svg
      className="sev"
      viewBox="0 0 12 12"
      width="12"
      height="12"
      role="img"
      aria-label={severity || "no severity"}
    >
      {shape}
    </svg>
  );
}
