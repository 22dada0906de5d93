#!/usr/bin/env bash
# What the sessions with doctl, DigitalOcean's command line program, share. Sourced by them.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=e2e/checks.sh
. "$here/checks.sh"

skip() {
  printf '\n*** SKIPPED: doctl %s ***\n\n' "$1"
  exit 0
}

# doctl/go.mod pins the version and doctl/go.sum its content; "go install doctl@version" would also have to ask the module
# proxy for the list of all versions, which not every proxy answers.
program=$(command -v doctl || echo "$here/.bin/doctl")
if [ "$program" = "$here/.bin/doctl" ] && [ ! "$program" -nt "$here/doctl/go.sum" ]; then
  command -v go >/dev/null || skip 'is not in the PATH, and neither is Go to build it'
  echo 'Building doctl, which takes minutes the first time ...'
  (cd "$here/doctl" && GOBIN="$here/.bin" go install github.com/digitalocean/doctl/cmd/doctl) ||
    skip 'could not be built, see above'
  # An unchanged program keeps its old time, and would be asked for again in every run.
  touch "$program"
fi

work=$(mktemp -d)
: >"$work/config.yaml"
export DIGITALOCEAN_API_URL=${MOORING_URL:-http://localhost:8080}
export DIGITALOCEAN_ACCESS_TOKEN=${MOORING_TOKEN:-}
if [ -z "$DIGITALOCEAN_ACCESS_TOKEN" ]; then
  DIGITALOCEAN_ACCESS_TOKEN=$(cat "${MOORING_TOKEN_FILE:?set MOORING_TOKEN or MOORING_TOKEN_FILE}")
fi

# The empty configuration keeps the user's own contexts out; without retries an error shows at once.
doctl() { SSL_CERT_FILE=${MOORING_CA:-${SSL_CERT_FILE:-}} "$program" --config "$work/config.yaml" --http-retry-max 0 "$@"; }
lacks() {
  local word=$1 lines
  shift
  lines=$("$@") && echo "$lines" && ! grep -Fqw -- "$word" <<<"$lines" && echo "no $word"
}
