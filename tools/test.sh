#!/usr/bin/env bash
# What CI runs: checks, the web's unit tests, then every Python suite against the real things, in two
# lanes side by side: what waits for browsers and servers, and what computes.
# As root it installs what it needs from Debian; otherwise the closing line names what was left out.
set -uo pipefail
cd "$(dirname "$0")/.."
outcomes=$(mktemp -d)
trap 'rm -rf "$outcomes"' EXIT
run() {
  local name=$1; shift
  printf '\n== %s\n' "$name"
  "$@" || printf '%s\n' "$name" >>"$outcomes/failed"
}
suites() { run "$1" tools/with_node.sh .venv/bin/python -m pytest "${@:2}"; }

tools/install_test_programs.sh
run "npm ci" tools/with_node.sh npm ci --prefix web --silent --no-audit --no-fund
run "npm ci for e2e" tools/with_node.sh npm ci --prefix tests/e2e/node --silent --no-audit --no-fund
tools/with_node.sh .venv/bin/python tools/fetch_test_servers.py || true
tools/install_s3_peer.sh

suites "contracts and whole runs" tests/contract tests/e2e >"$outcomes/runs.log" 2>&1 &
runs=$!
run "check" tools/check.sh
run "web unit tests" tools/with_node.sh npm --prefix web test --silent
suites "units" tests --ignore tests/arch --ignore tests/contract --ignore tests/e2e --ignore tests/fuzz
printf '\nContracts and whole runs go on: %s\n' "$(tail -n 1 "$outcomes/runs.log")"
wait "$runs"
cat "$outcomes/runs.log"
suites "hostile input" tests/fuzz

if [ -s "$outcomes/failed" ]; then
  printf '\nFAILED: %s\n' "$(paste -sd, "$outcomes/failed")"
  exit 1
fi
