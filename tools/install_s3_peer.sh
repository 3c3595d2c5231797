#!/usr/bin/env bash
# The S3 peer of the tests, in an environment of its own: it wants older packages than we use.
set -uo pipefail
cd "$(dirname "$0")/.."
peer=.test-servers/s3-peer
[ -e "$peer/ready" ] && [ "$peer/ready" -nt requirements-s3-peer.lock ] && exit 0
mkdir -p .test-servers
.venv/bin/python -m venv "$peer" \
  && "$peer/bin/pip" install --quiet --disable-pip-version-check --require-hashes -r requirements-s3-peer.lock \
  && touch "$peer/ready" \
  || echo "The S3 peer could not be installed; its suite is left out."
exit 0
