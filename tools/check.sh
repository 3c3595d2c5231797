#!/usr/bin/env bash
# Everything that can be said about the code without running it.
set -euo pipefail
cd "$(dirname "$0")/.."
bin=.venv/bin
step() { printf '\n== %s\n' "$1"; }
step "ruff";    $bin/ruff format --check --quiet . && $bin/ruff check --quiet .
step "mypy";    $bin/mypy
step "imports"; $bin/lint-imports --no-cache | tail -4
step "arch";    $bin/python -m pytest -q tests/arch
step "web";     tools/with_node.sh npm --prefix web run --silent check
