#!/usr/bin/env bash
# The commands of Mooring's own program, from making sure that all is well to looking into a database.
set -euo pipefail
# shellcheck source=e2e/checks.sh
. "$(dirname "$0")/checks.sh"

if [ -z "${MOORING_COMMAND:-}" ]; then
  printf '\n*** SKIPPED: MOORING_COMMAND does not say how to start Mooring ***\n\n'
  exit 0
fi
name=e2e-commands-$$
program=${MOORING_COMMAND#exec }
# A checkout's `up` is one of its commands.
program=${program% up}
mooring() { ${program} "$@"; }
api() { curl -sS -H "Authorization: Bearer $MOORING_TOKEN" "$MOORING_URL$1" "${@:2}"; }
finish() {
  local id
  for id in $(api /v2/databases | grep -o '"id":"[^"]*","name":"'"$name" | cut -d'"' -f4); do
    api "/v2/databases/$id" -X DELETE >/dev/null
  done
}
trap finish EXIT

api /v2/databases -d "{\"name\":\"$name\",\"engine\":\"pg\",\"num_nodes\":1,\"size\":\"db-s-1vcpu-1gb\",\"region\":\"nyc1\"}" >/dev/null
soon 'status' "$name +pg [0-9]+ +online" mooring status
check 'status as JSON' '"status" : "online"' mooring status --output json
check 'psql' '^1$' mooring psql "$name" -- -Atc 'select 1'
soon 'drill' '"tables_read" : [0-9]+' mooring drill "$name"
check 'operations' 'provision-cluster.* done' mooring operations "$name"
check 'restore' '^postgresql://doadmin:' mooring restore "$name" --as "$name-2"
check 'logs' 'LOG:' mooring logs "$name"
soon 'doctor' '^ok +Mooring: answers' mooring doctor
check "doctor: the certificates' end" '^ok +certificates: .*clusters 20[0-9]+-[0-9-]+T' mooring doctor
check 'console' '/console/login#' mooring console
check 'token' 'DIGITALOCEAN_ACCESS_TOKEN=' mooring token
check 'help' 'Usage: mooring psql' mooring psql --help
check 'completion' 'complete -F _complete_mooring' mooring completion bash
check 'version' '^mooring [0-9]' mooring version
check 'a misspelt command' 'Did you mean: mooring status' refused mooring stauts
report
