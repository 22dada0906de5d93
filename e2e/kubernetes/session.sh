#!/usr/bin/env bash
# A cluster's life on Kubernetes, with curl, psql and kubectl, against a Mooring that runs with MOORING_DATAPLANE=kubernetes and the
# real CloudNativePG. Changes are made, servers are killed and the operator is taken away meanwhile; how long nobody could write is said.
#   session.sh [STEP...]     all steps without any; with MOORING_CLUSTER the steps are walked with that cluster, which is kept
# It runs where pods and Services are reached, such as on a node. ../README.md has the variables.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=e2e/checks.sh
. "$here/../checks.sh"
# shellcheck source=e2e/kubernetes/support.sh
. "$here/support.sh"

step_create() {
  local plain
  plain=$(api POST /v2/databases "$(jq -nc --arg name "e2e-kubernetes-$(date +%s)" --arg version "$version" --arg size "$size" \
    '{name: $name, engine: "pg", version: $version, size: $size, region: "nyc1", num_nodes: 1}')")
  id=$(jq -r .database.id <<<"$plain")
  settled 'create a cluster of one node' provision-cluster
  check 'it is online' '^online$' status
  soon 'its address, password and CA are good' '^doadmin$' as doadmin 'select current_user'
  check 'without encryption nobody comes in' 'rejects|no encryption' refused as doadmin 'select 1' sslmode=disable
}

step_members() {
  local before
  check 'create a user' '"name": *"anna"' api POST "/v2/databases/$id/users" '{"name": "anna"}'
  settled 'create a user, done' apply-settings
  soon 'the user can log in' '^anna$' as anna 'select current_user'
  before=$(password anna)
  check 'another password' '"anna"' api POST "/v2/databases/$id/users/anna/reset_auth" '{}'
  settled 'another password, done' apply-settings
  soon 'the new password is good' '^anna$' as anna 'select current_user'
  check 'the old one is refused' 'password authentication failed' refused as anna 'select 1' "password=$before"
  check 'create a database' '"harbour"' api POST "/v2/databases/$id/dbs" '{"name": "harbour"}'
  settled 'create a database, done' apply-settings
  soon 'the user makes tables in it' 'CREATE TABLE' as anna 'create table ship (id int)' dbname=harbour
  check 'delete the user' '^$' api DELETE "/v2/databases/$id/users/anna"
  settled 'delete the user, done' apply-settings
  check 'what it owned is kept' '^mooring_owner$' as doadmin "select tableowner from pg_tables where tablename = 'ship'" dbname=harbour
  check 'delete a database' '^$' api DELETE "/v2/databases/$id/dbs/harbour"
  settled 'delete a database, done' apply-settings
  check 'it is gone' '^0$' as doadmin "select count(*) from pg_database where datname = 'harbour'"
}

step_grow() {
  change PUT "/v2/databases/$id/resize" "$(jq -nc --arg size "$size" '{size: $size, num_nodes: 3}')"
  settled '1 to 3 nodes, under writes' resize-cluster
  check 'three servers' '^3$' servers
  soon 'those that follow can be read' '^t$' as doadmin 'select pg_is_in_recovery()' "host=$(place ro)" "hostaddr=$(service ro)"
}

step_switchover() {
  local before
  before=$(primary)
  check 'switchover' 'operation|id' api POST "/mooring/v1/databases/$id/switchover" '{}'
  settled 'switchover, under writes' switch-over
  check 'another server is the primary' "^$(cluster)-" lacks_name "$before" primary
}

step_config() {
  change PATCH "/v2/databases/$id/config" '{"config": {"work_mem": 9}}'
  settled 'a setting that is read again' apply-settings
  check 'it is in force' '^9MB$' as doadmin 'show work_mem'
  change PATCH "/v2/databases/$id/config" '{"config": {"max_prepared_transactions": 7}}'
  settled 'a setting that needs a restart, under writes' apply-settings
  check 'it is in force too' '^7$' as doadmin 'show max_prepared_transactions'
}

step_pools() {
  local mode
  for mode in session transaction; do
    check "a pool in the mode $mode" "\"$mode\"" api POST "/v2/databases/$id/pools" \
      "$(jq -nc --arg mode "$mode" '{name: ("pool-" + $mode), mode: $mode, size: 3, db: "defaultdb", user: "doadmin"}')"
    settled "a pool in the mode $mode, done" apply-settings
    soon "its connection works" '^doadmin$' pooled "pool-$mode" 'select current_user'
  done
  check 'the mode statement is refused' 'statement' refused api POST "/v2/databases/$id/pools" \
    '{"name": "pool-s", "mode": "statement", "size": 3, "db": "defaultdb", "user": "doadmin"}'
}

step_sources() {
  local me
  me=$(as doadmin 'select host(inet_client_addr())')
  sources "$me" '192.0.2.0/24'
  settled 'trusted sources with this address' apply-settings
  check 'it is let in' '^doadmin$' as doadmin 'select current_user'
  sources '192.0.2.0/24'
  settled 'trusted sources without this address' apply-settings
  check 'it is refused' 'rejects|timeout|timed out' refused as doadmin 'select 1'
  if api GET "/v2/databases/$id/pools/pool-session" >/dev/null 2>&1; then
    check 'by pools too' 'refused|failed|rejects|timeout|timed out|no such user|access' refused pooled pool-session 'select 1'
  fi
  sources
  settled 'no trusted sources' apply-settings
  soon 'it is let in again' '^doadmin$' as doadmin 'select current_user'
}

# Needs a Mooring with MOORING_APPS_RUNTIME=kubernetes. The pods are what an app's own Deployment would make.
step_app() {
  local app secrets apps
  app=$(api POST /v2/apps "$(jq -nc --arg cluster "$(name)" '{spec: {name: ("e2e-" + (now | floor | tostring)), region: "nyc",
    databases: [{name: "db", engine: "PG", production: true, cluster_name: $cluster}],
    services: [{name: "web", envs: [{key: "DATABASE_URL", value: "${db.DATABASE_URL}"}]}]}}')" | jq -r .app.id)
  soon 'an app is deployed' '^ACTIVE$' deployed "$app"
  secrets=$(api GET "/mooring/v1/apps/$app/secrets")
  apps=$(jq -r .namespace <<<"$secrets")
  check 'its Secret has its variables' '^postgresql://' variable "$apps" "$(jq -r '.secrets[0].name' <<<"$secrets")"
  sources '192.0.2.0/24'
  settled 'trusted sources without the app' apply-settings
  api POST "/v2/apps/$app/components/db/trusted_sources" '{"enable": true}' >/dev/null
  check 'a pod with its label comes in' '^doadmin$' from_pod "$apps" "$secrets" "$app"
  check 'a pod with another label does not' 'rejects|timeout|timed out' refused from_pod "$apps" "$secrets" "$id"
  kubectl -n "$apps" delete secret "$(jq -r '.secrets[0].name' <<<"$secrets")" >/dev/null
  soon 'a Secret that is deleted comes back' '^postgresql://' variable "$apps" "$(jq -r '.secrets[0].name' <<<"$secrets")"
  check 'delete the app' "$app" api DELETE "/v2/apps/$app"
  soon 'its Secret is gone' 'NotFound' refused variable "$apps" "$(jq -r '.secrets[0].name' <<<"$secrets")"
  sources
  settled 'no trusted sources' apply-settings
}

step_kill() {
  kubectl -n "$namespace" exec "$(primary)" -c postgres -- \
    bash -c 'kill -9 "$(head -n 1 /var/lib/postgresql/data/pgdata/postmaster.pid)"' >/dev/null
  healthy 'kill -9 of the postmaster, under writes' 3
}

step_lose() {
  local before count
  before=$(primary)
  count=$(servers)
  kubectl -n "$namespace" delete pod "$before" --grace-period=0 --force >/dev/null 2>&1
  healthy "the primary's pod is deleted, under writes" "$count"
  check 'the API calls it online' '^online$' status
  change PATCH "/v2/databases/$id/config" '{"config": {"work_mem": 10}}'
  settled 'a setting after it' apply-settings
}

step_operator() {
  local deployment=${MOORING_OPERATOR_DEPLOYMENT:-cnpg-controller-manager}
  kubectl -n "$operator" scale deployment "$deployment" --replicas=0 >/dev/null
  change PATCH "/v2/databases/$id/config" '{"config": {"max_prepared_transactions": 8}}'
  sleep "${MOORING_OPERATOR_AWAY:-60}"
  check 'without the operator the change is waited for' '^(queued|running) .*(webhook|CloudNativePG)' state apply-settings
  kubectl -n "$operator" scale deployment "$deployment" --replicas=1 >/dev/null
  settled 'the operator was away for a minute' apply-settings
  check 'the change is in force' '^8$' as doadmin 'show max_prepared_transactions'
}

step_restarts() {
  if [ -z "${MOORING_RESTART:-}" ]; then
    echo 'skip  Mooring killed in the middle of changes: no MOORING_RESTART'
    return
  fi
  change PUT "/v2/databases/$id/resize" "$(jq -nc --arg size "$size" '{size: $size, num_nodes: 2}')"
  sleep 1 && $MOORING_RESTART
  settled '3 to 2 nodes, Mooring killed meanwhile' resize-cluster
  check 'two servers' '^2$' servers
  local kept=$id
  id=$(api POST /v2/databases "$(jq -nc --arg name "e2e-kubernetes-$(date +%s)" --arg version "$version" --arg size "$size" \
    '{name: $name, engine: "pg", version: $version, size: $size, region: "nyc1", num_nodes: 1}')" | jq -r .database.id)
  sleep 5 && $MOORING_RESTART
  settled 'create, Mooring killed meanwhile' provision-cluster
  soon 'it can be used' '^doadmin$' as doadmin 'select current_user'
  step_delete
  id=$kept
}

step_image() {
  if [ -z "${MOORING_BAD_VERSION:-}" ]; then
    echo 'skip  an image that is not there: no MOORING_BAD_VERSION'
    return
  fi
  local kept=$id
  id=$(api POST /v2/databases "$(jq -nc --arg name "e2e-kubernetes-$(date +%s)" --arg version "$MOORING_BAD_VERSION" --arg size "$size" \
    '{name: $name, engine: "pg", version: $version, size: $size, region: "nyc1", num_nodes: 1}')" | jq -r .database.id)
  fails 'an image that is not there' provision-cluster 'image of pod .* cannot be had'
  id=$kept
}

step_backup() {
  if [ -z "${MOORING_ARCHIVED:-}" ]; then
    echo 'skip  backups: no MOORING_ARCHIVED'
    return
  fi
  local kept=$id at
  settled 'the backup right after the creation' back-up-cluster
  as doadmin 'create table if not exists log (i int); insert into log values (1)' >/dev/null
  sleep 2 && at=$(date -u +%Y-%m-%dT%H:%M:%SZ) && sleep 2
  as doadmin 'insert into log values (2)' >/dev/null
  id=$(api POST /v2/databases "$(jq -nc --arg name "e2e-kubernetes-$(date +%s)" --arg from "$(name)" --arg at "$at" --arg size "$size" \
    --arg version "$version" '{name: $name, engine: "pg", version: $version, size: $size, region: "nyc1", num_nodes: 1,
      backup_restore: {database_name: $from, backup_created_at: $at}}')" | jq -r .database.id)
  settled 'a fork to a second' restore-cluster
  soon 'it has the rows before, and no other' '^1$' as doadmin 'select string_agg(i::text, $$,$$) from log'
  step_delete
  id=$kept
}

# With the archive its first backup has to be there.
step_replica() {
  local node
  if [ -n "${MOORING_ARCHIVED:-}" ]; then settled 'the backup right after the creation' back-up-cluster; fi
  as doadmin 'create table if not exists seen (i int); insert into seen values (1)' >/dev/null
  node=$(api POST "/v2/databases/$id/replicas" "$(jq -nc --arg name "e2e-replica-$(date +%s)" --arg size "$size" \
    '{name: $name, size: $size, region: "nyc1"}')" | jq -r .replica.id)
  with "$node" settled 'create a read-only node' create-read-only-node
  seen 'what the cluster has is there' 1
  check 'it takes no writes' 'read-only transaction' with "$node" refused as doadmin 'insert into seen values (0)'
  written 2
  seen 'what is written is seen' 2
  check 'its cluster is not deleted' 'delete or promote' refused api DELETE "/v2/databases/$id"
  with "$node" step_sources
  change PATCH "/v2/databases/$id/config" '{"config": {"work_mem": 11, "max_prepared_transactions": 12}}'
  settled 'more of what it may not have less of' apply-settings
  check 'it has that' '^12/11MB$' with "$node" as doadmin "select current_setting('max_prepared_transactions') || '/' || current_setting('work_mem')"
  change PATCH "/v2/databases/$id/config" '{"config": {"max_prepared_transactions": 3}}'
  settled 'less of it' apply-settings
  check 'it has less, too' '^3$' with "$node" as doadmin 'show max_prepared_transactions'
  if [ "$(servers)" -gt 1 ]; then
    writing step_switchover
    written 3
    seen 'it follows who is the primary now' 3
    step_lose
    written 4
    seen 'it follows who has taken over' 4
  else
    echo 'skip  another primary is followed: the cluster has one node'
  fi
  password_again
  step_update
  with "$node" promoted "$id"
}

# promoted SOURCE: the read-only node of that becomes a cluster, which is deleted in the end.
promoted() {
  api PUT "/v2/databases/$1/replicas/$(name)/promote" '{}' >/dev/null
  settled 'promote it' promote-read-only-node
  soon 'it takes writes' 'INSERT' as doadmin 'insert into seen values (5)'
  check 'it has what it had' '^1$' as doadmin 'select min(i) from seen'
  check 'it is a cluster of its own, by the same id' "^$id$" jq -r .database.id <(api GET "/v2/databases/$id")
  check 'create a user of its own' '"name": *"berta"' api POST "/v2/databases/$id/users" '{"name": "berta"}'
  settled 'create a user of its own, done' apply-settings
  soon 'that user can log in' '^berta$' as berta 'select current_user'
  if [ -n "${MOORING_ARCHIVED:-}" ]; then settled 'its first backup' back-up-cluster; fi
  step_delete
}

password_again() {
  check "the administrator's other password" '"doadmin"' api POST "/v2/databases/$id/users/doadmin/reset_auth" '{}'
  settled "the administrator's other password, done" apply-settings
  check 'it is good at the read-only node' '^doadmin$' with "$node" as doadmin 'select current_user'
}

# Of a cluster with its read-only nodes.
step_update() {
  if [ -z "${MOORING_UPDATE:-}" ]; then
    echo 'skip  a minor version: no MOORING_UPDATE'
    return
  fi
  $MOORING_UPDATE
  change PUT "/v2/databases/$id/install_update" '{}'
  settled 'a minor version' install-update
  check 'it is installed' '"updated": *true' newest install-update
}

step_delete() {
  check 'delete' '^$' api DELETE "/v2/databases/$id"
  settled 'delete, done' destroy-cluster
  check 'its objects are gone' '^No resources found' kubectl -n "$namespace" get \
    clusters.postgresql.cnpg.io,poolers,databases.postgresql.cnpg.io,pods,pvc -l "cnpg.io/cluster=$(cluster)"
}

steps=("$@")
if [ ${#steps[@]} = 0 ]; then
  steps=(create members pools grow switchover config sources kill lose operator restarts image backup replica)
  if [ -n "${MOORING_APPS:-}" ]; then steps+=(app); fi
  if [ -z "${MOORING_CLUSTER:-}" ]; then steps+=(delete); fi
fi
for step in "${steps[@]}"; do
  printf '\n== %s\n' "$step"
  case $step in
    grow | switchover | config | kill | lose) writing "step_$step" ;;
    *) "step_$step" ;;
  esac
done
echo
if [ -n "$id" ]; then echo "the cluster was $id"; fi
report
