#!/usr/bin/env bash
# A cluster with everything around it, kept by Terraform: after each change a plan finds nothing left to do.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=e2e/checks.sh
. "$here/checks.sh"

programs=$here/../target/terraform
if [ ! -x "$programs/terraform" ] || [ ! -x "$programs/terraform-provider-digitalocean" ]; then
  printf '\n*** SKIPPED: Terraform and its provider are not built here (e2e/terraform/build, five minutes) ***\n\n'
  exit 0
fi
programs=$(cd "$programs" && pwd)

work=$(mktemp -d)
# The provider that lies there, rather than one of the registry.
cat >"$work/cli.rc" <<TEXT
provider_installation {
  dev_overrides { "digitalocean/digitalocean" = "$programs" }
  direct {}
}
TEXT
export TF_CLI_CONFIG_FILE=$work/cli.rc CHECKPOINT_DISABLE=1 TF_IN_AUTOMATION=1
export DIGITALOCEAN_API_URL=${MOORING_URL:-http://localhost:8080} DIGITALOCEAN_TOKEN=${MOORING_TOKEN:-}
if [ -z "$DIGITALOCEAN_TOKEN" ]; then
  DIGITALOCEAN_TOKEN=$(cat "${MOORING_TOKEN_FILE:?set MOORING_TOKEN or MOORING_TOKEN_FILE}")
fi
export SSL_CERT_FILE=${MOORING_CA:-${SSL_CERT_FILE:-}}
new=e2e-terraform-$(date +%s)-$$
cp "$here/terraform/main.tf" "$work/"
cd "$work"

tf() {
  local command=$1
  shift
  "$programs/terraform" "$command" -no-color -var "name=$new" "${now[@]}" "$@"
}
now=()
destroyed=
finish() {
  [ -n "$destroyed" ] || tf destroy -auto-approve >/dev/null 2>&1 || true
  rm -rf "$work"
}
trap finish EXIT

settled() { check "$1: nothing left to do" '^No changes\. Your infrastructure matches' tf plan -detailed-exitcode; }
ask() { curl -sfS -H "Authorization: Bearer $DIGITALOCEAN_TOKEN" "$DIGITALOCEAN_API_URL$1" "${@:2}"; }
# With the CA at hand libpq compares it even for sslmode=require.
sql() { PGSSLROOTCERT=$work/ca.pem PGCONNECT_TIMEOUT=10 psql -X -At "$("$programs/terraform" output -raw "$1")" -c "$2"; }
if command -v psql >/dev/null; then connects() { soon "$@"; }; else connects() { echo "skip  $1: no psql"; }; fi

check 'apply: a cluster' '^Apply complete! Resources: 1 added' tf apply -auto-approve -target digitalocean_database_cluster.shop
if ! id=$("$programs/terraform" output -raw id 2>/dev/null); then
  echo 'Without it there is nothing to go on with.'
  destroyed=yes
  report
fi
ask "/v2/databases/$id/ca" | python3 -c 'import base64, json, sys; print(base64.b64decode(json.load(sys.stdin)["ca"]["certificate"]).decode())' >ca.pem
# A read-only node can be made as soon as there is a backup: newer providers ask again by themselves.
soon 'apply: database, user, pool, read-only node, trusted source' '^Apply complete!' tf apply -auto-approve
settled 'after creating'
connects 'the address of the cluster' '^doadmin\|defaultdb\|f$' sql uri 'select current_user, current_database(), pg_is_in_recovery()'
connects 'the address of the pool' '^ann\|orders\|f$' sql pool 'select current_user, current_database(), pg_is_in_recovery()'
connects 'the address of the read-only node' '^doadmin\|defaultdb\|t$' sql replica 'select current_user, current_database(), pg_is_in_recovery()'

now=(-var nodes=2)
check 'apply: a standby node' '^Apply complete! Resources: 0 added, 1 changed' tf apply -auto-approve
check 'the data source sees it' '^2$' "$programs/terraform" output -raw nodes
settled 'after resizing'

now+=(-var 'sources=["127.0.0.1","192.0.2.0/24"]')
check 'apply: another trusted source' '^Apply complete! Resources: 0 added, 1 changed' tf apply -auto-approve
settled 'after trusting'

ask "/v2/databases/$id/pools/web" -X DELETE
check 'what somebody else deleted is in the plan' 'digitalocean_database_connection_pool\.web will be created' tf plan
check 'apply: it comes back' '^Apply complete! Resources: 1 added' tf apply -auto-approve
settled 'after repairing'

# Of an imported cluster and read-only node this version of the provider reads neither the maintenance window nor the size.
for kept in "db.orders $id,orders" "user.ann $id,ann" "connection_pool.web $id,web"; do
  resource=digitalocean_database_${kept% *}
  "$programs/terraform" state rm "$resource" >/dev/null
  check "import ${kept% *}" '^Import successful!' tf import "$resource" "${kept#* }"
done
settled 'after importing'

check 'destroy' '^Destroy complete! Resources: 6 destroyed' tf destroy -auto-approve
destroyed=yes
check 'nothing is left' '^404$' curl -s -o /dev/null -w '%{http_code}\n' -H "Authorization: Bearer $DIGITALOCEAN_TOKEN" "$DIGITALOCEAN_API_URL/v2/databases/$id"
report
