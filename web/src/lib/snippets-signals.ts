/** The exact lines that send traces and logs here, beside those of the first run. */
import { diff, SOURCES, type Source } from "./snippets";

const keyOr = (key: string | null): string => key ?? "<a server key of this project>";

const SIGNALS: readonly Source[] = [
  {
    id: "otlp-python",
    label: "OpenTelemetry, Python",
    brings: "traces",
    note: "opentelemetry-distro with opentelemetry-exporter-otlp-proto-http, no code changed",
    file: "Where the service is started",
    text: ({ public_url, server_key }, projectId) =>
      diff(
        "-python app.py",
        "+export OTEL_SERVICE_NAME=shop",
        `+export OTEL_EXPORTER_OTLP_ENDPOINT=${public_url}/p/${projectId}`,
        "+export OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf",
        `+export OTEL_EXPORTER_OTLP_HEADERS="x-watchkeeper-key=${keyOr(server_key)}"`,
        "+opentelemetry-instrument python app.py",
      ),
  },
  {
    id: "otlp-node",
    label: "OpenTelemetry, Node",
    brings: "traces",
    note: "@opentelemetry/auto-instrumentations-node, no code changed",
    file: "Where the service is started",
    text: ({ public_url, server_key }, projectId) =>
      diff(
        "-node app.js",
        "+export OTEL_SERVICE_NAME=shop",
        `+export OTEL_EXPORTER_OTLP_ENDPOINT=${public_url}/p/${projectId}`,
        `+export OTEL_EXPORTER_OTLP_HEADERS="x-watchkeeper-key=${keyOr(server_key)}"`,
        "+node --require @opentelemetry/auto-instrumentations-node/register app.js",
      ),
  },
  {
    id: "sentry-traces",
    label: "Sentry SDK",
    brings: "traces",
    note: "any language; the share of requests that are traced",
    file: "At the start of your program",
    text: ({ sentry_dsn }) =>
      diff(
        " sentry_sdk.init(",
        '-    dsn="https://…@o0.ingest.sentry.io/0",',
        `+    dsn="${sentry_dsn}",`,
        "+    traces_sample_rate=1.0,",
        " )",
      ),
  },
  {
    id: "json-lines",
    label: "JSON lines",
    brings: "logs",
    note: "pino, winston, structlog, zap, …: a line an object",
    file: "Any program that can post",
    text: ({ public_url, server_key }, projectId) =>
      diff(
        `+curl ${public_url}/p/${projectId}/v1/logs/json \\`,
        `+  -H "Authorization: Bearer ${keyOr(server_key)}" \\`,
        `+  -d '{"level":"info","service":"shop","message":"hello"}'`,
      ),
  },
  {
    id: "otlp-logs",
    label: "OpenTelemetry",
    brings: "logs",
    note: "any SDK or collector",
    file: "The environment of your service",
    text: ({ public_url, server_key }, projectId) =>
      diff(
        "+OTEL_SERVICE_NAME=shop",
        "+OTEL_LOGS_EXPORTER=otlp",
        `+OTEL_EXPORTER_OTLP_ENDPOINT=${public_url}/p/${projectId}`,
        `+OTEL_EXPORTER_OTLP_HEADERS="x-watchkeeper-key=${keyOr(server_key)}"`,
      ),
  },
  {
    id: "loki",
    label: "Promtail, Alloy, Loki clients",
    brings: "logs",
    note: "whatever pushes to Loki",
    file: "The client's configuration",
    text: ({ public_url, server_key }, projectId) =>
      diff(
        " clients:",
        "-  - url: http://loki:3100/loki/api/v1/push",
        `+  - url: ${public_url}/p/${projectId}/loki/api/v1/push`,
        `+    bearer_token: ${keyOr(server_key)}`,
      ),
  },
  {
    id: "agent-logs",
    label: "Files of a host",
    brings: "logs",
    note: "the agent follows files and the journal",
    file: "On that host",
    text: ({ public_url, server_key }, projectId) =>
      diff(
        `+export WATCHKEEPER_AGENT_KEY=${keyOr(server_key)}`,
        `+watchkeeper agent --url ${public_url}/p/${projectId} --log-files '/var/log/shop/*.log'`,
      ),
  },
  {
    id: "sentry-logs",
    label: "Sentry SDK",
    brings: "logs",
    note: "sentry-sdk from 2.35 on, @sentry/* from 9.41 on",
    file: "At the start of your program",
    text: ({ sentry_dsn }) =>
      diff(
        " sentry_sdk.init(",
        '-    dsn="https://…@o0.ingest.sentry.io/0",',
        `+    dsn="${sentry_dsn}",`,
        "+    enable_logs=True,",
        " )",
      ),
  },
];

/** Every source: those that the first run offers, and one more way for each signal. */
export const ALL_SOURCES: readonly Source[] = [...SOURCES, ...SIGNALS];
