#!/usr/bin/env bash
# What the session on Kubernetes is made of. Sourced by it.
url=${MOORING_URL:-http://localhost:8080}
token=${MOORING_TOKEN:-$(cat "${MOORING_TOKEN_FILE:?set MOORING_TOKEN or MOORING_TOKEN_FILE}")}
namespace=${MOORING_KUBERNETES_NAMESPACE:-mooring-databases}
operator=${MOORING_KUBERNETES_OPERATOR_NAMESPACE:-cnpg-system}
version=${MOORING_VERSION:-17}
size=${MOORING_SIZE:-db-s-1vcpu-1gb}
id=${MOORING_CLUSTER:-}
work=$(mktemp -d)
writer=
finish() {
  if [ -n "$writer" ]; then kill "$writer" 2>/dev/null || true; fi
  rm -rf "$work"
}
trap finish EXIT

api() {
  local method=$1 path=$2 body=${3:-}
  curl -sS --fail-with-body --retry 20 --retry-connrefused --retry-delay 1 -X "$method" -H "Authorization: Bearer $token" \
    ${body:+-H 'Content-Type: application/json' -d "$body"} "$url$path"
}

# For what the API answers only when it is done: what takes longer goes on, and is waited for elsewhere.
change() {
  local said
  said=$(api "$@" 2>&1) || grep -q 'goes on by itself' <<<"$said" || { echo "$said" >&2 && return 1; }
}

cluster() { kubectl -n "$namespace" get clusters.postgresql.cnpg.io -o name -l "mooring.dev/cluster=$id" | sed 's,.*/,,'; }
status() { api GET "/v2/databases/$id" | jq -r .database.status; }
name() { api GET "/v2/databases/$id" | jq -r .database.name; }
password() { api GET "/v2/databases/$id/users/$1" | jq -r .user.password; }
primary() { kubectl -n "$namespace" get pods -o name -l "cnpg.io/cluster=$(cluster),cnpg.io/instanceRole=primary" | sed 's,.*/,,'; }
servers() { kubectl -n "$namespace" get pods --no-headers -l "cnpg.io/cluster=$(cluster),cnpg.io/podRole=instance" | grep -c Running; }

lacks_name() {
  local said
  said=$("$2") && echo "$said" && [ "$said" != "$1" ]
}

# The name that clients use, and its address: names of Services may not be known where this runs.
place() { echo "$(cluster)-$1.$namespace.svc"; }
service() { kubectl -n "$namespace" get service "${2:-$(cluster)}${1:+-$1}" -o 'jsonpath={.spec.clusterIP}'; }

# as USER STATEMENT [KEYWORD=VALUE...]: what it says on the primary. The certificate has to be the host's own.
as() {
  local user=$1 statement=$2
  shift 2
  [ -s "$work/$id.pem" ] || api GET "/v2/databases/$id/ca" | jq -r .ca.certificate | base64 -d >"$work/$id.pem"
  [ -s "$work/$id.address" ] || service rw >"$work/$id.address"
  PGCONNECT_TIMEOUT=5 psql -X -At "host=$(api GET "/v2/databases/$id" | jq -r .database.connection.host) \
    hostaddr=$(cat "$work/$id.address") dbname=defaultdb user=$user password=$(password "$user") sslmode=verify-full \
    sslrootcert=$work/$id.pem $*" -c "$statement"
}

pooled() {
  local pool
  pool=$(api GET "/v2/databases/$id/pools/$1" | jq -c .pool.connection)
  PGCONNECT_TIMEOUT=5 psql -X -At "host=$(jq -r .host <<<"$pool") port=$(jq -r .port <<<"$pool") \
    hostaddr=$(service '' "$(jq -r .host <<<"$pool" | cut -d. -f1)") dbname=$(jq -r .database <<<"$pool") \
    user=$(jq -r .user <<<"$pool") password=$(jq -r .password <<<"$pool") sslmode=verify-full sslrootcert=$work/$id.pem" -c "$2"
}

deployed() { api GET "/v2/apps/$1/deployments" | jq -r '.deployments[0].phase'; }
variable() { kubectl -n "$1" get secret "$2" -o 'jsonpath={.data.DATABASE_URL}' | base64 -d; }

# from_pod NAMESPACE SECRETS APP: who a pod is on the database that is labelled with that app and has the first of the Secrets. The
# servers hear of a new pod a moment later.
from_pod() {
  local pod=e2e-$RANDOM image phase=
  image=$(kubectl -n "$namespace" get pod "$(primary)" -o 'jsonpath={.spec.containers[?(@.name=="postgres")].image}')
  jq -n --arg pod "$pod" --arg image "$image" --arg app "$3" --arg secret "$(jq -r '.secrets[0].name' <<<"$2")" --arg run \
    'for i in 1 2 3 4 5 6; do sleep 2; PGCONNECT_TIMEOUT=5 psql -X -At "$DATABASE_URL" -c "select current_user" && exit; done; exit 1' \
    '{apiVersion: "v1", kind: "Pod", metadata: {name: $pod, labels: {"mooring.dev/app": $app}}, spec: {restartPolicy: "Never",
      securityContext: {runAsNonRoot: true, runAsUser: 26, seccompProfile: {type: "RuntimeDefault"}},
      containers: [{name: "psql", image: $image, command: ["sh", "-c", $run], envFrom: [{secretRef: {name: $secret}}],
        securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: ["ALL"]}}}]}}' |
    kubectl -n "$1" apply -f - >/dev/null
  for _ in {1..180}; do
    phase=$(kubectl -n "$1" get pod "$pod" -o 'jsonpath={.status.phase}')
    case $phase in Succeeded | Failed) break ;; esac
    sleep 0.5
  done
  kubectl -n "$1" logs "$pod" || true
  kubectl -n "$1" delete pod "$pod" --wait=false >/dev/null
  [ "$phase" = Succeeded ]
}

sources() {
  change PUT "/v2/databases/$id/firewall" "$(jq -nc '{rules: [$ARGS.positional[] | {type: "ip_addr", value: .}]}' --args "$@")"
}

# The newest operation of a kind: its state, and what it says.
newest() { api GET "/mooring/v1/operations?cluster_id=$id" | jq -c --arg kind "$1" 'first(.operations[] | select(.kind == $kind))'; }
state() { newest "$1" | jq -r '.state + " " + (.step // "") + " " + (.error // "") + " " + (.waiting_for // "")'; }

# ends NAME KIND STATE PATTERN: the newest operation of that kind ends so.
ends() {
  local now=
  for _ in $(seq "${MOORING_PATIENCE:-900}"); do
    now=$(newest "$2") || now=
    case $(jq -r .state <<<"$now") in
      done | failed | cancelled)
        output=$(jq -r '.state + " " + (.error // "") + " " + (.receipt | tostring)' <<<"$now")
        if grep -Eq -- "^$3 .*$4" <<<"$output"; then
          pass "$1, $(jq -r 'def s: sub("\\.[0-9]+"; "") | fromdate; ((.finished_at | s) - (.created_at | s) | tostring) + " s"' <<<"$now")"
        else
          fail "$1" "^$3 .*$4"
        fi
        return
        ;;
    esac
    sleep 0.5
  done
  output=$now
  fail "$1, in time" "$3"
}
settled() { ends "$1" "$2" 'done' ''; }
fails() { ends "$1" "$2" failed "$3"; }

# healthy NAME SERVERS: the operator says so, and the primary takes writes.
healthy() {
  local begun=$SECONDS said=
  sleep 2
  for _ in {1..600}; do
    said=$(kubectl -n "$namespace" get clusters.postgresql.cnpg.io "$(cluster)" -o \
      'jsonpath={.status.phase}|{.status.readyInstances}|{.status.conditions[?(@.type=="Ready")].status}') || true
    if [ "$said" = "Cluster in healthy state|$2|True" ] && as doadmin 'create temporary table t (i int)' >/dev/null 2>&1; then
      pass "$1, $((SECONDS - begun)) s" && return
    fi
    sleep 0.5
  done
  output=$said
  fail "$1" 'healthy'
}

# writing COMMAND...: meanwhile a row is written ten times a second, each through a session of its own; says how long that failed.
writing() {
  as doadmin 'drop table if exists writes; create table writes (at timestamptz)' >/dev/null 2>&1
  local target
  target="host=$(place rw) hostaddr=$(service rw) dbname=defaultdb user=doadmin password=$(password doadmin) sslmode=require"
  : >"$work/writes"
  (
    trap - EXIT
    while :; do
      PGCONNECT_TIMEOUT=2 psql -X -q "$target" -c 'insert into writes values (now())' >/dev/null 2>&1 && date +%s.%N >>"$work/writes"
      sleep 0.1
    done
  ) &
  writer=$!
  "$@"
  sleep 3
  kill "$writer"
  wait "$writer" 2>/dev/null || true
  writer=
  awk 'NR > 1 && $1 - last > most { most = $1 - last } { last = $1 }
    END { printf "      %d writes, at most %.1f s apart\n", NR, most }' "$work/writes"
}

# with ID COMMAND...: the same of another cluster.
with() {
  local kept=$id result=0
  id=$1
  shift
  "$@" || result=$?
  id=$kept
  return $result
}

written() { as doadmin "insert into seen values ($1)" >/dev/null; }

# seen NAME ROW: the read-only node has it; says after how long.
seen() {
  local begun=$SECONDS
  with "$node" soon "$1" "^$2$" as doadmin 'select max(i) from seen'
  echo "      after $((SECONDS - begun)) s"
}
