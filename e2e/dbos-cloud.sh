#!/usr/bin/env bash
# DBOS Cloud's guide to databases, typed as it is printed, with its client of that time and today's: provision, deploy a real
# app, insert, corrupt, restore, move the app, migrate from the developer's machine, destroy.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

# An app reads its own files and nobody else's: the developer's folder needs no more than the usual permissions.
work=$(mktemp -d)
passed=0
failed=0
output=
instances=()
# Names of instances have at most 16 characters.
run=$(printf '%06d' $((($(date +%s) * 10 + RANDOM % 10) % 1000000)))
app=e2e-todo-$run
password='c0rrect%horse#1'

https=${MOORING_HTTPS_URL:-https://localhost:8443}
export DBOS_DOMAIN=${https#https://} NO_UPDATE_NOTIFIER=1
api() { curl -sS -H "Authorization: Bearer $MOORING_TOKEN" "${MOORING_URL:-http://localhost:8080}$1" "${@:2}"; }

# The clients trust what node trusts, and Mooring's CA.
client() {
  local program=$1
  shift
  (
    if [ -n "${MOORING_CA:-}" ]; then export NODE_EXTRA_CA_CERTS=$MOORING_CA; fi
    timeout 300 node "$here/dbos/node_modules/$program/dist/cli.js" "$@"
  )
}
guide() { client cloud-guide "$@"; }
today() { client cloud-today "$@"; }
refused() { ! "$@"; }

finish() {
  cd "$work/app"
  today app delete "$app" >/dev/null 2>&1 || true
  for instance in "${instances[@]}"; do today db destroy "$instance" >/dev/null 2>&1 || true; done
  rm -rf "$work"
}

pass() { passed=$((passed + 1)) && echo "ok    $1 ($((SECONDS - since)) s)"; }
fail() {
  failed=$((failed + 1))
  echo "FAIL  $1: no /$2/ in"
  sed 's/^/      | /' <<<"$output"
}

# check NAME PATTERN COMMAND...: the command succeeds and prints something that fits the extended regular expression.
check() {
  local name=$1 pattern=$2 since=$SECONDS
  shift 2
  if output=$("$@" 2>&1) && grep -Eq -- "$pattern" <<<"$output"; then pass "$name"; else fail "$name" "$pattern"; fi
}

url() { today app status "$app" --json 2>/dev/null | sed -n 's/.*"AppURL":"\([^"]*\)".*/\1/p'; }
todos() { curl -sSf "$(url)/todos"; }
release() { curl -sSf "$(url)/release"; }
add() { curl -sSf -H 'Content-Type: application/json' -d "{\"title\": \"$1\"}" "$(url)/todos"; }
# port INSTANCE: where it listens.
port() { today db status "$1" --json 2>/dev/null | sed -n 's/.*"Port":\([0-9]*\).*/\1/p'; }
# sql INSTANCE STATEMENT: as the developer, who knows the password.
sql() {
  PGPASSWORD=$password PGCONNECT_TIMEOUT=10 PGSSLMODE=require \
    psql -X -At -h localhost -p "$(port "$1")" -U todo_user -d todo_app -c "$2"
}
now() { date -u +%Y-%m-%dT%H:%M:%S.%6NZ; }
# Between two moments of a clock that others read in whole milliseconds.
moment() { sleep 0.2 && now && sleep 0.2; }
dbos() { npx --no-install dbos "$@"; }

(cd "$here/dbos" && npm ci --ignore-scripts --silent)
mkdir "$work/app"
cp -r "$here/dbos/app/." "$work/app"
cd "$work/app"
ln -s "$here/dbos/node_modules" node_modules
mkdir .dbos
api '/mooring/v1/tokens?format=dbos-credentials' -d "{\"name\": \"e2e_$run\", \"scopes\": [\"*\"]}" >.dbos/credentials
trap finish EXIT

db=e2e_$run
restored=e2e_r_$run
instances=("$db" "$restored")

# --- The guide, with its client.
check 'guide: profile' "Name: e2e_$run" guide profile
check 'guide: provision' 'successfully provisioned' guide db provision "$db" -U todo_user -W "$password"
check 'guide: list' "Postgres Instance Name: $db" guide db list
check 'guide: status' 'Status: available' guide db status "$db"
check 'guide: a name the guide forbids' 'invalid database instance name E2E!' refused guide db provision 'E2E!' -U todo_user -W "$password"
check 'guide: register' 'Successfully registered' guide app register "$app" -d "$db"
check 'guide: deploy' 'Successfully deployed' guide app deploy "$app"
check 'guide: the app answers' '"release":"one"' release
check 'guide: a row over HTTP' 'buy milk' add 'buy milk'
check 'guide: the migration was run by another user than the app' 'dbosadmin\|todo_user' \
  sql "$db" "select (select migrated_by from todos_history) || '|' || (select tableowner from pg_tables where tablename = 'todos')"
first=$(today app versions "$app" --json 2>/dev/null | sed -n 's/.*"Version":"\([0-9]*\)".*/\1/p')

echo "exports.up = (knex) => knex.raw('alter table nowhere add column nothing int'); exports.down = () => {};" >migrations/20240702000000_bad.js
check 'guide: a migration that fails' 'relation "nowhere" does not exist' refused guide app deploy "$app"
rm migrations/20240702000000_bad.js
check 'guide: the old version runs on' 'buy milk' todos

before=$(moment)
check 'guide: the data is corrupted' 'UPDATE 1' sql "$db" "update todos set title = 'corrupt'"
check 'guide: and the app shows it' 'corrupt' todos
check 'guide: restore' 'successfully restored' guide db restore "$db" -t "$before" -n "$restored"
check 'guide: destroy while the app uses it' "is used by $app" refused guide db destroy "$db"
sed -i.bak "s/'one'/'two'/" src/operations.ts && rm src/operations.ts.bak
check 'guide: change-database-instance' 'Successfully deployed' guide app change-database-instance "$app" --database "$restored"
check 'guide: the old rows' '^\["buy milk"\]$' todos
check 'guide: by the new code' '"release":"two"' release
check 'guide: the app follows' "Postgres Instance Name: $restored" guide app status "$app"
check 'guide: change-database-instance --previous-version' "Assigned version: $first" \
  guide app change-database-instance "$app" --database "$restored" --previous-version "$first"
check 'guide: the old code' '"release":"one"' release
check 'guide: the old rows still' '^\["buy milk"\]$' todos
check 'guide: destroy' 'Database deleted' guide db destroy "$db"

check 'guide: connect' 'loaded into dbos-config.yaml' guide db connect "$restored" -W "$password"
check 'guide: rollback from here' 'rolled back the following migrations' dbos rollback
check 'guide: the table is gone' '^$' sql "$restored" "select to_regclass('todos')"
check 'guide: migrate from here' 'Migration successful' dbos migrate
cp "$here/dbos/app/dbos-config.yaml" dbos-config.yaml

# --- The same with today's client.
db=$restored
restored=e2e_s_$run
instances=("$db" "$restored")
check 'today: profile' "Name: e2e_$run" today profile
check 'today: url' "postgresql://todo_user:\*+@[A-Za-z.]+:[0-9]+/postgres" today db url "$db"
check 'today: env' 'successfully updated' today app env create "$app" -s GREETING -v 'hello there'
check 'today: a row over HTTP' 'call mum' add 'call mum'
before=$(moment)
check 'today: the data is corrupted' 'DELETE 1' sql "$db" 'delete from todos'
check 'today: restore' 'successfully restored' today db restore "$db" -t "$before" -n "$restored"
check 'today: change-database-instance --previous-version' "Assigned version: $first" \
  today app change-database-instance "$app" -d "$restored" -p "$first"
check 'today: variables' '"greeting":"hello there"' release
check 'today: the old rows' '^\["call mum"\]$' todos
check 'today: versions' "Version: $first" today app versions "$app"
check 'today: logs' 'DBOS Server is running' today app logs "$app"
check 'today: destroy' 'Database deleted' today db destroy "$db"
check 'today: reset-password' 'Successfully reset' today db reset-password "$restored" -W 'another-one1'
check 'today: delete --dropdb' 'Successfully deleted' today app delete "$app" --dropdb
check 'today: destroy the last' 'Database deleted' today db destroy "$restored"

echo "$passed passed, $failed failed, $SECONDS s"
[ "$failed" = 0 ]
