#!/usr/bin/env bash
# Apps on the SDKs of DBOS that today's applications have, each with another way to migrate, deployed by today's client.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
passed=0 failed=0 apps=()
# Names of instances have at most 16 characters.
run=$(printf '%06d' $((($(date +%s) * 10 + RANDOM % 10) % 1000000)))
db=sdks_$run
https=${MOORING_HTTPS_URL:-https://localhost:8443}
export DBOS_DOMAIN=${https#https://} NO_UPDATE_NOTIFIER=1

client() {
  (
    if [ -n "${MOORING_CA:-}" ]; then export NODE_EXTRA_CA_CERTS=$MOORING_CA; fi
    timeout 300 node "$here/dbos/node_modules/cloud-today/dist/cli.js" "$@"
  )
}
finish() {
  for app in "${apps[@]}"; do (cd "$work/$app" && client app delete "$app" >/dev/null 2>&1) || true; done
  (cd "$work" && client db destroy "$db" >/dev/null 2>&1) || true
  rm -rf "$work"
}
# check NAME PATTERN COMMAND...: the command succeeds and prints something that fits the extended regular expression.
check() {
  local name=$1 pattern=$2 since=$SECONDS output
  shift 2
  if output=$("$@" 2>&1) && grep -Eq -- "$pattern" <<<"$output"; then
    passed=$((passed + 1)) && echo "ok    $name ($((SECONDS - since)) s)"
  else
    failed=$((failed + 1)) && echo "FAIL  $name: no /$pattern/ in"
    sed 's/^/      | /' <<<"$output"
  fi
}
visit() { curl -sSf "$(client app status "$1" --json 2>/dev/null | sed -n 's/.*"AppURL":"\([^"]*\)".*/\1/p')"; }

(cd "$here/dbos" && npm ci --ignore-scripts --silent)
mkdir -p "$work/.dbos"
curl -sS -H "Authorization: Bearer $MOORING_TOKEN" "${MOORING_URL:-http://localhost:8080}/mooring/v1/tokens?format=dbos-credentials" \
  -d "{\"name\": \"$db\", \"scopes\": [\"*\"]}" >"$work/.dbos/credentials"
trap finish EXIT
cd "$work"
check 'provision' 'successfully provisioned' client db provision "$db" -U visitor -W 'c0rrect%horse#1'
for sdk in 3 4 5; do
  app=sdk$sdk-$run
  apps+=("$app")
  mkdir "$work/$app"
  cp -r "$here/dbos-sdks/main.js" "$here/dbos-sdks/sdk$sdk/." "$work/$app/"
  cp -r "$work/.dbos" "$work/$app/"
  cd "$work/$app"
  check "SDK $sdk: register" 'Successfully registered' client app register "$app" -d "$db"
  check "SDK $sdk: deploy" 'Successfully deployed' client app deploy "$app"
  check "SDK $sdk: a workflow" "\"sdk\":\"$sdk\..*\"visits\":1}" visit "$app"
  check "SDK $sdk: and another" "\"visits\":2}" visit "$app"
done
echo "$passed passed, $failed failed, $SECONDS s"
[ "$failed" = 0 ]
