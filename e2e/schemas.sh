#!/usr/bin/env bash
# Schemas of applications that nobody here wrote, through upgrades, a restore, a fork and a conversion; see README.md. With "quick" one of
# them over one upgrade.
set -euo pipefail
for file in MOORING_CA MOORING_TOKEN_FILE; do
  if [ -n "${!file:-}" ]; then export "$file=$(realpath "${!file}")"; fi
done
cd "$(dirname "$0")/schemas"
requirements=requirements.txt environment=.venv
if [ "${1:-}" = quick ]; then requirements=requirements-quick.txt environment=.venv-quick; fi
if ! { python3 -m venv "$environment" &&
  "$environment/bin/pip" install --quiet --disable-pip-version-check --require-hashes --requirement "$requirements"; }; then
  printf '\n*** SKIPPED: the applications could not be installed, see above ***\n\n'
  exit 0
fi
if [ "${1:-}" != quick ]; then npm ci --ignore-scripts --silent; fi
exec "$environment/bin/python" run.py "$@"
