/** The JSON of /api/wk. Times are Unix milliseconds; ratios are 0–1. */

export type Role = "owner" | "admin" | "member" | "viewer";

export interface Project {
  id: number;
  slug: string;
  name: string;
  environments: string[];
  timezone: string;
  built_in: boolean;
}

export interface Organisation {
  slug: string;
  name: string;
  role: Role;
  projects: Project[];
}

export interface Session {
  user: { id?: number; email: string; name: string } | null;
  csrf_token: string | null;
  organisations: Organisation[];
  public_url: string;
  version: string;
  first_run: boolean;
}

export interface FirstRunAnswers {
  token: string;
  name: string;
  email: string;
  password: string;
  organisation: string;
  project: string;
  timezone: string;
}

export interface Addresses {
  sentry_dsn: string;
  ingest_key: string;
  server_key: string;
  otlp_endpoint: string;
  prometheus_url: string;
  posthog_host: string;
  statsd_address: string;
  public_url: string;
}

export interface Rejection {
  at_ms: number;
  method: string;
  path: string;
  status: number;
  reason: string;
  sender: string;
}

export interface Setup {
  addresses: Addresses;
  seen: { source: string; first_ms: number; last_ms: number; records: number }[];
  rejections: Rejection[];
}

export interface IngestKey {
  id: number;
  key: string;
  kind: "public" | "server";
  label: string;
  enabled: boolean;
  allowed_origins: string[];
  created_ms: number;
  last_used_ms: number | null;
}

export interface ApiToken {
  id: number;
  name: string;
  role: Role;
  project_id: number | null;
  expires_ms: number | null;
  created_ms: number;
  last_used_ms: number | null;
}

export interface Member {
  user_id: number;
  email: string;
  name: string;
  role: Role;
  joined_ms?: number | null;
}

export interface AuditEntry {
  id: number;
  at_ms: number;
  actor: string;
  action: string;
  target: string;
  detail?: string | null;
}

export type Severity = "low" | "medium" | "high" | "critical";
export type IssueStatus = "unresolved" | "resolved" | "ignored";

export interface IssueRow {
  id: number;
  short_id: string;
  title: string;
  type: string;
  culprit: string;
  level: string;
  severity: Severity;
  status: IssueStatus;
  is_regressed: boolean;
  first_seen_ms: number;
  last_seen_ms: number;
  events: number;
  users: number;
  /** Events per hour of the last 24 h, oldest first. */
  spark: number[];
  environment: string | null;
  release: string | null;
  assignee: string | null;
}

export interface IssuePage {
  issues: IssueRow[];
  next_cursor: string | null;
  total: number;
  stats: { times_ms: number[]; by_severity: Record<Severity, number[]> };
}

export interface NeedsYou {
  kind: "alert" | "target" | "issue";
  state: "firing" | "pending" | "down" | "regressed";
  severity: string;
  title: string;
  detail: string;
  since_ms: number;
  link: { page: string; id: string };
}

export interface HomeChart {
  title: string;
  unit: string;
  value: number | null;
  series: { times_ms: number[]; values: (number | null)[] } | null;
  /** Difference to the period before: a ratio. */
  change: number | null;
  empty_hint: string | null;
}

export interface Target {
  job: string;
  instance: string;
  health: "up" | "down" | "unknown";
  last_scrape_ms: number | null;
  last_error: string;
  /** Share of scrapes that worked over the range, 0–1. */
  up_ratio: number | null;
  /** The same for each slice of the range, oldest first; null where nothing was scraped. */
  strip: (number | null)[];
}

export interface SetupDone {
  account: boolean;
  project: boolean;
  first_record: boolean;
  rules: boolean;
  channel: boolean;
}

export interface HomeData {
  needs_you: NeedsYou[];
  charts: HomeChart[];
  targets: Target[];
  issues: IssueRow[];
  counts: { unresolved: number; firing: number; targets_down: number; targets: number };
  hosts: {
    instance: string;
    cpu_ratio: number | null;
    memory_ratio: number | null;
    disk_ratio: number | null;
  }[];
  setup_done: SetupDone;
}

export interface Channel {
  id: number;
  kind: string;
  name: string;
  options: { url?: string };
  enabled?: boolean;
}

export interface ChannelAnswer {
  ok: boolean;
  status: number | null;
  ms: number;
  detail: string;
}

export interface DataHealth {
  spool: { depth_bytes: number; limit_bytes: number; lag_ms: number };
  accepted: { signal: string; records: number; per_s: number }[];
  drops: { reason: string; count: number }[];
  stores: { table: string; rows: number; bytes_on_disk: number }[];
  processes: { name: string; rss_bytes: number; restarts: number; started_ms: number }[];
  dead_letters: number;
}

/** Topics of the live stream; a query is fetched again when one of its topics is named. */
export type Topic = "samples" | "issues" | "alerts" | "targets" | "logs" | "setup";
