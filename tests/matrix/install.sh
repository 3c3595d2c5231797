#!/bin/sh
# Installs the SDKs of the matrix: tests/matrix/install.sh DIRECTORY. Needs pip (3.11) and npm.
set -eu
home=$1
mkdir -p "$home/py" "$home/js"
pip="python -m pip install --quiet"

for version in 0.20.3 1.0.0 1.14.0 1.45.1 2.0.1 2.20.0 2.40.0 2.60.0; do
  $pip --no-deps --target "$home/py/sdk-$version" "sentry-sdk==$version"
done
$pip --no-deps --target "$home/py/sdk-newest" sentry-sdk
$pip --no-deps --target "$home/py/raven" raven==6.10.0
$pip --target "$home/py/fw-old" flask==2.2.5 werkzeug==2.2.3 django==3.2.25 celery==5.2.7 \
  fastapi==0.88.0 starlette==0.22.0 "httpx<0.24" anyio==3.7.1 blinker "setuptools<70" \
  "urllib3<2" certifi requests
$pip --target "$home/py/fw-new" flask django celery fastapi httpx blinker urllib3 certifi requests
$pip --target "$home/py/otel-1.15" opentelemetry-sdk==1.15.0 opentelemetry-exporter-otlp==1.15.0 \
  "setuptools<70" "protobuf<5"
$pip --target "$home/py/otel-1.25" opentelemetry-sdk==1.25.0 opentelemetry-exporter-otlp==1.25.0 \
  "setuptools<70"
$pip --target "$home/py/otel-newest" opentelemetry-sdk opentelemetry-exporter-otlp
for version in 2.1.4 2.14.4 2.20.7; do
  $pip --no-deps --target "$home/py/cli-$version" "sentry-cli==$version"
done

npm_install() { # FOLDER PACKAGE…
  mkdir -p "$home/js/$1"
  (cd "$home/js/$1" && npm init --yes >/dev/null && shift && npm install --no-audit --no-fund --silent "$@")
}
npm_install node-6 @sentry/node@6 @sentry/tracing@6
npm_install node-7 @sentry/node@7 @sentry/profiling-node@1
for version in 8 9 10; do
  npm_install "node-$version" "@sentry/node@$version" "@sentry/profiling-node@$version"
done
npm_install node-latest @sentry/node
npm_install browser-6 @sentry/browser@6 @sentry/tracing@6
npm_install browser-7 @sentry/browser@7 @sentry/replay@7
for version in 8 9 10 latest; do npm_install "browser-$version" "@sentry/browser@$version"; done
npm_install tools esbuild raven@2
npm_install cli-latest @sentry/cli
otel="exporter-trace-otlp-http exporter-trace-otlp-proto exporter-trace-otlp-grpc
  exporter-logs-otlp-http exporter-logs-otlp-proto exporter-metrics-otlp-http
  exporter-metrics-otlp-proto sdk-logs api-logs"
npm_install otel-new @opentelemetry/api @opentelemetry/sdk-metrics @opentelemetry/sdk-trace-base \
  @opentelemetry/resources $(for name in $otel; do echo "@opentelemetry/$name"; done)
npm_install otel-old @opentelemetry/api @opentelemetry/sdk-metrics@1.30.1 \
  @opentelemetry/sdk-trace-base@1.30.1 @opentelemetry/resources@1.30.1 \
  $(for name in $otel; do echo "@opentelemetry/$name@0.57.2"; done)
