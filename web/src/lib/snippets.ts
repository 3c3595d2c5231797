/** The exact lines that send data here, as a diff against what people have. */

export interface SnippetAddresses {
  readonly sentry_dsn: string;
  readonly server_key: string | null;
  readonly public_url: string;
  /** HOST:PORT of StatsD; empty when it is switched off. */
  readonly statsd_address: string;
}

export type SourceId =
  | "python"
  | "node"
  | "browser"
  | "metrics"
  | "prometheus-yml"
  | "remote-write"
  | "statsd"
  | "host"
  | "otlp-env"
  | "otlp-python"
  | "otlp-node"
  | "sentry-traces"
  | "otlp-logs"
  | "json-lines"
  | "loki"
  | "agent-logs"
  | "sentry-logs";

export type Brings = "errors" | "metrics" | "traces" | "logs";

export interface Source {
  readonly id: SourceId;
  readonly label: string;
  /** What it brings. */
  readonly brings: Brings;
  /** One line under the name. */
  readonly note: string;
  /** Where the lines go. */
  readonly file: string;
  readonly text: (to: SnippetAddresses, projectId: number) => string;
}

export const SOURCES: readonly Source[] = [
  {
    id: "python",
    label: "Sentry SDK, Python",
    brings: "errors",
    note: "sentry-sdk, any version from 1.0 on",
    file: "At the start of your program",
    text: ({ sentry_dsn }) =>
      diff(
        " import sentry_sdk",
        " ",
        " sentry_sdk.init(",
        '-    dsn="https://…@o0.ingest.sentry.io/0",',
        `+    dsn="${sentry_dsn}",`,
        " )",
      ),
  },
  {
    id: "node",
    label: "Sentry SDK, Node",
    brings: "errors",
    note: "@sentry/node",
    file: "instrument.mjs",
    text: ({ sentry_dsn }) =>
      diff(
        ' import * as Sentry from "@sentry/node";',
        " ",
        " Sentry.init({",
        '-  dsn: "https://…@o0.ingest.sentry.io/0",',
        `+  dsn: "${sentry_dsn}",`,
        " });",
      ),
  },
  {
    id: "browser",
    label: "Sentry SDK, browser",
    brings: "errors",
    note: "@sentry/browser, react, vue, svelte, …",
    file: "Your entry module",
    text: ({ sentry_dsn }) =>
      diff(
        ' import * as Sentry from "@sentry/browser";',
        " ",
        " Sentry.init({",
        '-  dsn: "https://…@o0.ingest.sentry.io/0",',
        `+  dsn: "${sentry_dsn}",`,
        " });",
      ),
  },
  {
    id: "otlp-env",
    label: "OpenTelemetry",
    brings: "traces",
    note: "any language: every SDK reads these",
    file: "The environment of your service",
    text: ({ public_url, server_key }, projectId) =>
      diff(
        "+OTEL_SERVICE_NAME=shop",
        `+OTEL_EXPORTER_OTLP_ENDPOINT=${public_url}/p/${projectId}`,
        "+OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf",
        `+OTEL_EXPORTER_OTLP_HEADERS="x-watchkeeper-key=${server_key ?? "<a server key of this project>"}"`,
      ),
  },
  {
    id: "metrics",
    label: "An app with /metrics",
    brings: "metrics",
    note: "prom-client, prometheus_client, any exporter",
    file: "The scrape configuration",
    text: () =>
      diff(
        " scrape_configs:",
        "+  - job_name: my-app",
        "+    static_configs:",
        '+      - targets: ["127.0.0.1:9090"]',
      ),
  },
  {
    id: "prometheus-yml",
    label: "A prometheus.yml",
    brings: "metrics",
    note: "taken as it is: jobs, relabelling, discovery",
    file: "The scrape configuration",
    text: () =>
      diff(
        "+global:",
        "+  scrape_interval: 15s",
        "+scrape_configs:",
        "+  - job_name: node",
        "+    static_configs:",
        '+      - targets: ["127.0.0.1:9100"]',
      ),
  },
  {
    id: "remote-write",
    label: "A running Prometheus",
    brings: "metrics",
    note: "remote write, beside what it does now",
    file: "prometheus.yml",
    text: ({ public_url, server_key }, projectId) =>
      diff(
        " remote_write:",
        `+  - url: ${public_url}/p/${projectId}/api/v1/write`,
        "+    authorization:",
        `+      credentials: ${server_key ?? "<a server key of this project>"}`,
      ),
  },
  {
    id: "statsd",
    label: "StatsD",
    brings: "metrics",
    note: "hot-shots, datadog, statsd: on this machine's port 8125 nothing changes",
    file: "Where the client is made",
    text: ({ statsd_address }) => {
      const [host, port] = hostAndPort(statsd_address);
      return diff(
        " const client = new StatsD({",
        `+  host: "${host}",`,
        `+  port: ${port},`,
        '   prefix: "my_app.",',
        " });",
      );
    },
  },
  {
    id: "host",
    label: "Another host",
    brings: "metrics",
    note: "CPU, memory, disk and network by the agent",
    file: "On that host",
    text: ({ public_url, server_key }, projectId) =>
      diff(
        `+export WATCHKEEPER_AGENT_KEY=${server_key ?? "<a server key of this project>"}`,
        `+watchkeeper agent --url ${public_url}/p/${projectId}`,
      ),
  },
];

/** An empty address means that StatsD is switched off: the line says which setting to look at. */
const hostAndPort = (address: string): [string, string] => {
  const at = address.lastIndexOf(":");
  return at < 0
    ? ["<see the setting statsd.listen>", "8125"]
    : [address.slice(0, at), address.slice(at + 1)];
};

export const diff = (...lines: string[]): string => lines.join("\n");

/** The lines of a snippet without its marks, for a file that does not exist yet. */
export const plainLines = (text: string): string =>
  text
    .split("\n")
    .filter((line) => !line.startsWith("-"))
    .map((line) => line.slice(1))
    .join("\n");
