#!/usr/bin/env bash
# What CI runs: checks, the web's unit tests, then every Python suite against the real things.
# As root it installs what it needs from Debian; otherwise the closing line names what was left out.
set -uo pipefail
cd "$(dirname "$0")/.."
failed=()
run() { local name=$1; shift; printf '\n== %s\n' "$name"; "$@" || failed+=("$name"); }

tools/install_test_programs.sh
tools/with_node.sh npm ci --prefix web --silent --no-audit --no-fund || failed+=("npm ci")
tools/with_node.sh npm ci --prefix tests/e2e/node --silent --no-audit --no-fund || failed+=("npm ci for e2e")
tools/with_node.sh .venv/bin/python tools/fetch_test_servers.py || true

run "check" tools/check.sh
run "web unit tests" tools/with_node.sh npm --prefix web test --silent
tools/install_s3_peer.sh

run "server tests" tools/with_node.sh .venv/bin/python -m pytest tests --ignore tests/arch

if [ ${#failed[@]} -gt 0 ]; then
  printf '\nFAILED: %s\n' "$(IFS=,; echo "${failed[*]}")"
  exit 1
fi
