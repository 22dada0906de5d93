#!/usr/bin/env bash
# A cluster's life with doctl, DigitalOcean's command line program.
# shellcheck source=e2e/doctl-support.sh
. "$(dirname "$0")/doctl-support.sh"

id=
replica=
pooled=
db() { doctl databases "$@"; }

finish() {
  if [ -n "$replica" ]; then db delete "$replica" --force >/dev/null 2>&1 || true; fi
  if [ -n "$id" ]; then db delete "$id" --force >/dev/null 2>&1 || true; fi
  rm -rf "$work"
}
trap finish EXIT

# With the CA at hand libpq compares it even for sslmode=require; without psql these steps are left out.
sql() { PGSSLROOTCERT="$work/ca.pem" PGCONNECT_TIMEOUT=10 psql -X -At "$1" -c "$2"; }
if command -v psql >/dev/null; then connects() { soon "$@"; }; else connects() { echo "skip  $1: no psql"; }; fi

name=e2e-doctl-$(date +%s)-$$
doctl version | sed -n 1p

check 'account get' '@' doctl account get --format Email --no-header
check 'options engines' '^pg$' db options engines

check 'create --wait' "$name +pg +16 +1 +nyc1 +online +db-s-1vcpu-1gb +postgresql://" \
  db create "$name" --engine pg --version 16 --region nyc1 --size db-s-1vcpu-1gb --wait
id=$(db list --format ID,Name --no-header | awk -v name="$name" '$2 == name { print $1 }') || true
if [ -z "$id" ]; then
  echo "FAIL  $name is not in the list: without it there is nothing to go on with"
  echo "$passed passed, $((failed + 1)) failed"
  exit 1
fi

check 'list' "^$id +$name +online" db list --format ID,Name,Status --no-header
check 'get' "^$id +$name +pg +16" db get "$id" --format ID,Name,Engine,Version --no-header
check 'get-ca' '^-----BEGIN CERTIFICATE-----' db get-ca "$id" --format Certificate --no-header
printf '%s\n' "$output" >"$work/ca.pem"

check 'connection' '^postgresql://doadmin:.+@.+/defaultdb\?sslmode=require$' db connection "$id" --format URI --no-header
uri=$output
connects 'the connection string works' '^1$' sql "$uri" 'select 1'
connects 'the certificate is the host'\''s own' '^1$' sql "${uri/sslmode=require/sslmode=verify-full}" 'select 1'

check 'user create' '^anna +normal +.' db user create "$id" anna
password=$(awk '$1 == "anna" { print $3 }' <<<"$output")
anna="postgresql://anna:$password@${uri#*@}"
connects 'the user can log in' '^anna$' sql "$anna" 'select current_user'
check 'user list' '^doadmin +primary' db user list "$id"
check 'user get' "^anna +normal +$password" db user get "$id" anna
check 'user reset' '^anna +normal +.' lacks "$password" db user reset "$id" anna
connects 'the old password is refused' 'password authentication failed' refused sql "$anna" 'select 1'
check 'user delete' '^$' db user delete "$id" anna --force
check 'the user is gone' 'no anna' lacks anna db user list "$id"

check 'db create' '^harbour$' db db create "$id" harbour
check 'db list' '^harbour$' db db list "$id"
check 'db get' '^harbour$' db db get "$id" harbour
connects 'the database can be used' '^harbour$' sql "${uri/defaultdb/harbour}" 'select current_database()'
check 'db delete' '^$' db db delete "$id" harbour --force
check 'the database is gone' 'no harbour' lacks harbour db db list "$id"

check 'firewalls append' ' ip_addr +192\.0\.2\.0/24' db firewalls append "$id" --rule ip_addr:192.0.2.0/24
connects 'others are shut out' 'pg_hba\.conf|refused|timeout' refused sql "$uri" 'select 1'
check 'firewalls list' ' ip_addr +192\.0\.2\.0/24' db firewalls list "$id"
rule=$(awk '/192\.0\.2\.0/ { print $1 }' <<<"$output")
check 'firewalls append keeps the rule' "^$rule " db firewalls append "$id" --rule ip_addr:198.51.100.7
check 'firewalls remove' "no $rule" lacks "$rule" db firewalls remove "$id" --uuid "$rule"
check 'firewalls replace' 'no 198.51.100.7' \
  lacks 198.51.100.7 db firewalls replace "$id" --rule ip_addr:203.0.113.0/24
rule=$(awk '/203\.0\.113\.0/ { print $1 }' <<<"$output")
check 'firewalls remove, the last rule' "no $rule" lacks "$rule" db firewalls remove "$id" --uuid "$rule"
connects 'all are let in again' '^1$' sql "$uri" 'select 1'

if doctl databases pool create "$id" backend --db defaultdb --user doadmin --size 5 >"$work/pool" 2>&1; then
  pooled=yes
  check 'pool list' '^doadmin +backend +5 +defaultdb +transaction +postgresql://doadmin:' db pool list "$id" --no-header
  check 'pool get' '^doadmin +backend +5 +defaultdb +transaction ' db pool get "$id" backend --no-header
  pool=$(grep -o 'postgresql://[^ ]*' <<<"$output")
  connects 'the pool can be used' '^doadmin$' sql "$pool" 'select current_user'
  check 'pool update' '' db pool update "$id" backend --db defaultdb --mode session --size 6
  check 'pool get, changed' '^doadmin +backend +6 +defaultdb +session ' db pool get "$id" backend --no-header
  connects 'the pool can be used, changed' '^doadmin$' sql "$pool" 'select current_user'
  check 'pool delete' '^$' db pool delete "$id" backend --force
  check 'the pool is gone' 'no backend' lacks backend db pool list "$id"
elif grep -q 'need PgBouncer' "$work/pool"; then
  printf '\n*** SKIPPED: connection pools: %s ***\n\n' "$(cat "$work/pool")"
else
  output=$(cat "$work/pool")
  fail 'pool create' 'a pool'
fi

check 'configuration get' '^WorkMem ' db configuration get "$id" --engine pg
check 'configuration update' '^$' db configuration update "$id" --engine pg --config-json '{"work_mem": 8}'
check 'configuration get, changed' '^WorkMem +8$' db configuration get "$id" --engine pg
connects 'the configuration is applied' '^8MB$' sql "$uri" 'show work_mem'

check 'resize --num-nodes --wait' '' db resize "$id" --size db-s-1vcpu-1gb --num-nodes 2 --wait
check 'get, of two nodes' '^2$' db get "$id" --format NumNodes --no-header
connects 'a standby node streams' '^mooring_standby_1$' sql "$uri" 'select application_name from pg_stat_replication where application_name ~ $$standby$$'

soon 'backups, before which there is no read-only node' '[0-9]{4}-[0-9]{2}' db backups "$id" --no-header
soon 'replica create' '' db replica create "$id" "$name-r" --size db-s-1vcpu-1gb --region nyc1
check 'replica list' "^$name-r +[0-9a-f-]{36}\$" db replica list "$id" --format Name,ID --no-header
replica=$(awk '{ print $2 }' <<<"$output")
soon 'replica get, online' "^$name-r +online" db replica get "$id" "$name-r" --format Name,Status --no-header
check 'replica connection' '^postgresql://doadmin:.+@.+/defaultdb\?sslmode=require ' db replica connection "$id" "$name-r"
replica_uri=$(grep -Eo '^postgresql://[^ ]+' <<<"$output") || true
connects 'the read-only node can be read from' '^t$' sql "$replica_uri" 'select pg_is_in_recovery()'
connects 'and not written to' 'read-only transaction' refused sql "$replica_uri" 'create table t ()'
check 'firewalls append, by the read-only node'\''s id' ' ip_addr +192\.0\.2\.0/24' db firewalls append "$replica" --rule ip_addr:192.0.2.0/24
rule=$(awk '/192\.0\.2\.0/ { print $1 }' <<<"$output")
check 'the cluster keeps its own list' 'no 192.0.2.0/24' lacks 192.0.2.0/24 db firewalls list "$id"
check 'firewalls remove, by its id' "no $rule" lacks "$rule" db firewalls remove "$replica" --uuid "$rule"
check 'delete is refused while it follows' "$name-r first" refused db delete "$id" --force
if [ -n "$pooled" ]; then
  check 'pool create, by the read-only node'\''s id' '' db pool create "$replica" reading --db defaultdb --user doadmin --size 3
  check 'pool list, by its id' '^doadmin +reading +3 ' db pool list "$replica" --no-header
  pool=$(grep -o 'postgresql://[^ ]*' <<<"$output")
  connects 'the pool reads from the read-only node' '^t$' sql "$pool" 'select pg_is_in_recovery()'
fi
check 'replica promote' '^$' db replica promote "$id" "$name-r"
check 'replica list, empty' "no $replica" lacks "$replica" db replica list "$id" --format ID --no-header
soon 'the promoted one is a cluster' '^online$' db get "$replica" --format Status --no-header
connects 'it takes writes' '^CREATE TABLE$' sql "$replica_uri" 'create table t ()'
if [ -n "$pooled" ]; then
  connects 'and so does its pool' '^CREATE TABLE$' sql "$pool" 'create table pooled ()'
fi
check 'delete the promoted one' '^$' db delete "$replica" --force
replica=
check 'replica create, again' '' db replica create "$id" "$name-s" --size db-s-1vcpu-1gb --region nyc1
check 'replica delete' '^$' db replica delete "$id" "$name-s" --force

check 'maintenance-window get' '^[a-z]+day +[0-9:]{8} +(true|false)$' db maintenance-window get "$id" --no-header
check 'maintenance-window update' '^$' db maintenance-window update "$id" --day tuesday --hour 14:00
check 'maintenance-window get, changed' '^tuesday +14:00:00' db maintenance-window get "$id" --no-header

check 'events list' "$name +cluster_create" db events list "$id"
check 'backups' '^Size in Gigabytes' db backups "$id"

check 'delete --force' '^$' db delete "$id" --force
check 'get after delete' ' 404 ' refused db get "$id"
id=

report
