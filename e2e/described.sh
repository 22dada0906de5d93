#!/usr/bin/env bash
# schemathesis against the API's own description, with ids of real clusters, apps and operations; see README.md. Argument: examples for each call.
set -euo pipefail
cd "$(dirname "$0")/described"
here=$PWD
MOORING_URL=${MOORING_URL:-http://localhost:8080}
MOORING_TOKEN=${MOORING_TOKEN:-$(cat "${MOORING_TOKEN_FILE:?set MOORING_TOKEN or MOORING_TOKEN_FILE}")}
environment=${MOORING_SCHEMATHESIS:-.venv}
if ! [ -x "$environment/bin/schemathesis" ] && ! { python3 -m venv "$environment" &&
  "$environment/bin/pip" install --quiet --disable-pip-version-check --requirement requirements.txt; }; then
  printf '\n*** SKIPPED: schemathesis could not be installed, see above ***\n\n'
  exit 0
fi
api() { curl -sS -H "Authorization: Bearer $MOORING_TOKEN" -H 'Content-Type: application/json' "$MOORING_URL$1" "${@:2}"; }
id() { grep -o '"id":"[^"]*' | head -n 1 | cut -d'"' -f4; }
clusters=() run=$RANDOM
for number in 1 2 3; do
  clusters+=("$(api /v2/databases -d "{\"name\":\"e2e-described-$run-$number\",\"engine\":\"pg\",\"num_nodes\":1,\"size\":\"db-s-1vcpu-1gb\",\"region\":\"nyc1\"}" | id)")
done
app=$(api /v2/apps -d "{\"spec\":{\"name\":\"described-$run\",\"databases\":[{\"name\":\"db\",\"engine\":\"PG\"}]}}" | id)
work=$(mktemp -d)
finish() {
  rm -rf "$work"
  api "/v2/apps/$app" -X DELETE -o /dev/null || true
  for cluster in "${clusters[@]}"; do api "/v2/databases/$cluster" -X DELETE -o /dev/null || true; done
}
trap finish EXIT
# One is online, the others are whatever they have become by then.
for _ in $(seq 600); do
  state=$(api "/v2/databases/${clusters[0]}")
  [[ $state == *'"status":"online"'* ]] && break
  sleep 0.2
done
[[ $state == *'"status":"online"'* ]] || { echo "no cluster came online: $state" | sed 's/"password":"[^"]*"//g; s#://[^@"]*@#://#g'; exit 1; }
operation=$(api "/mooring/v1/operations?cluster_id=${clusters[0]}" | id)
databases="\"id\":[\"${clusters[0]}\",\"${clusters[1]}\",\"${clusters[2]}\"],\"name\":[\"defaultdb\",\"doadmin\",\"other\"]"
export MOORING_KNOWN="{\"/v2/databases\":{$databases},\"/mooring/v1/databases\":{$databases},
  \"/v2/apps\":{\"id\":[\"$app\"],\"name\":[\"db\"]},\"/mooring/v1/apps\":{\"id\":[\"$app\"],\"name\":[\"db\"]},
  \"/mooring/v1/operations\":{\"id\":[\"$operation\"]},\"/v1alpha1\":{\"organization\":[\"default\"]}}"
export SCHEMATHESIS_HOOKS=hooks PYTHONPATH=$here
[[ $environment == /* ]] || environment=$here/$environment
# What it keeps for the next run it writes to where it is called.
cd "$work"
# Not the tokens and teams, which would end the run's own; not streams, which have no end; not MCP, whose clients are tried elsewhere.
"$environment/bin/schemathesis" run "$MOORING_URL/q/openapi?format=json" --url "$MOORING_URL" \
  --header "Authorization: Bearer $MOORING_TOKEN" --generation-deterministic --max-examples "${1:-3}" \
  --phases examples,fuzzing --mode positive --request-timeout 20 --workers 2 --max-failures 60 --no-color \
  --checks not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance \
  --exclude-path-regex '/(tokens|teams)|/events$|/mcp$|/home/backups|/logs|/exec$'
