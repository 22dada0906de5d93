#!/usr/bin/env bash
# A Kafka cluster's life with doctl.
# shellcheck source=e2e/doctl-support.sh
. "$(dirname "$0")/doctl-support.sh"

id=
db() { doctl databases "$@"; }

finish() {
  if [ -n "$id" ]; then db delete "$id" --force >/dev/null 2>&1 || true; fi
  rm -rf "$work"
}
trap finish EXIT

name=e2e-doctl-kafka-$(date +%s)-$$
check 'options engines' '^kafka$' db options engines

check 'create --engine kafka --wait' "$name +kafka +4\.4 +1 +nyc1 +online +db-s-2vcpu-2gb" \
  db create "$name" --engine kafka --region nyc1 --size db-s-2vcpu-2gb --num-nodes 1 --wait
id=$(db list --format ID,Name --no-header | awk -v name="$name" '$2 == name { print $1 }') || true
if [ -z "$id" ]; then
  echo "FAIL  $name is not in the list: without it there is nothing to go on with"
  echo "$passed passed, $((failed + 1)) failed"
  exit 1
fi
check 'connection' '^[^ ]+:[0-9]+$' db connection "$id" --format URI --no-header
check 'get-ca' '^-----BEGIN CERTIFICATE-----' db get-ca "$id" --format Certificate --no-header

# Two copies are what it asks for by itself.
check 'topics create' '^$' db topics create "$id" orders --partition-count 3 --retention-ms 3600000
check 'topics list' '^orders +active +1' db topics list "$id" --no-header
check 'topics get' '^RetentionMS +3600000' db topics get "$id" orders
check 'topics partitions' '^2 +' db topics partitions "$id" orders
check 'topics update' '^$' db topics update "$id" orders --retention-ms 7200000
check 'no partition was lost' '^2 +' db topics partitions "$id" orders

check 'user create --acl' '^clerk +normal' db user create "$id" clerk --acl 'orders:produce,metrics-*:consume'
check 'user get' '^clerk +normal' db user get "$id" clerk
check 'user reset' '^clerk +normal' db user reset "$id" clerk
check 'user delete' '^$' db user delete "$id" clerk --force

check 'configuration update' '^$' db configuration update "$id" --engine kafka --config-json '{"group_initial_rebalance_delay_ms": 100}'
check 'configuration get' 'GroupInitialRebalanceDelayMs' db configuration get "$id" --engine kafka
check 'firewalls append' 'ip_addr +192\.0\.2\.7' db firewalls append "$id" --rule ip_addr:192.0.2.7
check 'firewalls list' 'ip_addr +192\.0\.2\.7' db firewalls list "$id"

check 'pool list is PostgreSQL'\''s' 'operation is not supported for this cluster type' refused db pool list "$id"
check 'topics delete' '^$' db topics delete "$id" orders --force
check 'delete' '^$' db delete "$id" --force
id=
report
