#!/usr/bin/env bash
# The API's own description: it is valid, and clients that generators make of it compile and are understood.
set -euo pipefail
cd "$(dirname "$0")/generated"
# shellcheck source=e2e/checks.sh
. ../checks.sh

MOORING_URL=${MOORING_URL:-http://localhost:8080}
MOORING_TOKEN=${MOORING_TOKEN:-$(cat "${MOORING_TOKEN_FILE:?set MOORING_TOKEN or MOORING_TOKEN_FILE}")}
export MOORING_URL MOORING_TOKEN
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
description=$work/openapi.json
curl -sfS -o "$description" "$MOORING_URL/q/openapi?format=json"

skipped() { printf '\n*** SKIPPED: %s ***\n\n' "$1"; }

in_python() {
  if ! { python3 -m venv "$work/venv" && "$work/venv/bin/pip" install --quiet --disable-pip-version-check --require-hashes --requirement requirements.txt; }; then
    skipped 'a client in Python: its generator could not be installed, see above'
    return
  fi
  PATH=$work/venv/bin:$PATH
  check 'the description is valid' ': OK$' openapi-spec-validator "$description"
  check 'Python: a client is made, without a warning' 'Generating' \
    openapi-python-client generate --path "$description" --meta none --output-path "$work/mooring_client" --fail-on-warning
  check 'Python: it is understood' '^clusters: [0-9]+$' env PYTHONPATH="$work" python python_session.py
  check 'Python: all of it compiles' '^all$' eval 'python -m compileall -q "$work/mooring_client" && echo all'
}

in_typescript() {
  cp ts/*.json ts/*.ts "$work"
  if ! (cd "$work" && npm ci --ignore-scripts --silent); then
    skipped 'a client in TypeScript: its generator could not be installed, see above'
    return
  fi
  check 'TypeScript: a client is made' 'api.d.ts' eval 'cd "$work" && npx openapi-typescript openapi.json -o api.d.ts'
  check 'TypeScript: it compiles, strictly' '^all$' eval 'cd "$work" && npx tsc && echo all'
  check 'TypeScript: it is understood' '^clusters: [0-9]+$' node "$work/out/session.js"
}

in_go() {
  if ! command -v go >/dev/null; then
    skipped 'a client in Go: there is no Go'
    return
  fi
  cp go/* "$work"
  mkdir -p "$work/client"
  if ! (cd "$work" && go mod download); then
    skipped 'a client in Go: its generator could not be fetched, see above'
    return
  fi
  check 'Go: a client is made' '^made$' eval \
    'cd "$work" && go tool oapi-codegen -generate types,client -package client -o client/client.go openapi.json && echo made'
  check 'Go: it compiles and is understood' '^clusters: [0-9]+$' eval 'cd "$work" && go run .'
}

in_python
in_typescript
in_go
report
