#!/usr/bin/env bash
# A bad DELETE and the way back with doctl: the cluster is recovered to the moment before it, the app moves to the recovered one,
# and the old one is destroyed.
# shellcheck source=e2e/doctl-support.sh
. "$(dirname "$0")/doctl-support.sh"

ids=()
app=
db() { doctl databases "$@"; }
apps() { doctl apps "$@"; }

finish() {
  if [ -n "$app" ]; then apps delete "$app" --force >/dev/null 2>&1 || true; fi
  for id in "${ids[@]}"; do db delete "$id" --force >/dev/null 2>&1 || true; done
  rm -rf "$work"
}
trap finish EXIT

sql() { PGCONNECT_TIMEOUT=10 psql -X -At "$1" -c "$2"; }
if command -v psql >/dev/null; then connects() { soon "$@"; }; else connects() { echo "skip  $1: no psql"; }; fi

name=e2e-back-$(date +%s)-$$
# The id of a cluster that was just made.
made() {
  db list --format ID,Name --no-header | awk -v name="$1" '$2 == name { print $1 }'
}
uri() { db connection "$1" --format URI --no-header; }

check 'create --wait' "$name .*online" db create "$name" --engine pg --version 16 --region nyc1 --size db-s-1vcpu-1gb --wait
old=$(made "$name")
ids+=("$old")

# Whoever runs the app reads this repository.
repository=$work/repository
chmod 711 "$work"
mkdir -m 755 "$repository"
cat >"$repository/server.py" <<'PYTHON'
import http.server, os, subprocess

class Notes(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        notes = subprocess.run(["psql", os.environ["DATABASE_URL"], "-Atc", "select note from notes"], capture_output=True)
        self.send_response(500 if notes.returncode else 200)
        self.end_headers()
        self.wfile.write(notes.stdout + notes.stderr)

http.server.HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Notes).serve_forever()
PYTHON
git -C "$repository" init --quiet --initial-branch=main
git -C "$repository" add .
git -C "$repository" -c user.name=e2e -c user.email=e2e@example.com commit --quiet --message 'Notes'

# spec CLUSTER: the app's spec, attached to that cluster.
spec() {
  cat <<YAML
name: $name
region: nyc
databases:
- engine: PG
  name: db
  production: true
  cluster_name: $1
  db_name: defaultdb
  db_user: doadmin
envs:
- key: DATABASE_URL
  scope: RUN_TIME
  value: \${db.DATABASE_URL}
services:
- name: web
  git:
    repo_clone_url: file://$repository
    branch: main
  run_command: exec python3 server.py
YAML
}
connects 'a table' '^INSERT' sql "$(uri "$old")" "create table notes (note text); insert into notes values ('ahoy')"
spec "$name" >"$work/spec.yaml"
check 'the app is attached' "$name" apps create --spec "$work/spec.yaml" --wait --format ID,Spec.Name,DefaultIngress --no-header
app=$(awk -v name="$name" '$2 == name { print $1 }' <<<"$output")
ingress=$(awk -v name="$name" '$2 == name { print $3 }' <<<"$output")
if [[ $ingress == http* ]]; then
  runs() { soon "$@"; }
else
  runs() { echo "skip  $1: this Mooring runs no apps"; }
fi
runs 'the app answers from its table' '^ahoy$' curl -sf "$ingress"

soon 'the first backup is listed' '^[0-9.]+ +20' db backups "$old" --no-header
# Clients give whole seconds, so one has to pass on either side.
sleep 1.1
moment=$(date -u '+%Y-%m-%d %H:%M:%S +0000 UTC')
sleep 1.1
connects 'a bad DELETE' '^DELETE 1$' sql "$(uri "$old")" 'delete from notes'

check 'a moment outside of the window is refused' 'can be recovered to any moment from' refused \
  db fork "$name-x" --restore-from-cluster-id "$old" --restore-from-timestamp '2020-01-01 00:00:00 +0000 UTC'
check 'fork to the moment before' "$name-f" \
  db fork "$name-f" --restore-from-cluster-id "$old" --restore-from-timestamp "$moment" --wait
new=$(made "$name-f")
ids+=("$new")
connects 'the row is back' '^ahoy$' sql "$(uri "$new")" 'select note from notes'
connects 'the source is as it was' '^0$' sql "$(uri "$old")" 'select count(*) from notes'

spec "$name-f" >"$work/spec.yaml"
check 'the app moves' "^$app" apps update "$app" --spec "$work/spec.yaml" --wait --format ID --no-header
runs 'the app answers from the recovered table' '^ahoy$' curl -sf "$ingress"
check 'the old one is destroyed' '^$' db delete "$old" --force
runs 'the app goes on' '^ahoy$' curl -sf "$ingress"

check 'create --restore-from-cluster-name, of the deleted one' "$name-g" \
  db create "$name-g" --engine pg --version 16 --region nyc1 --size db-s-1vcpu-1gb \
  --restore-from-cluster-name "$name" --restore-from-timestamp "$moment" --wait
ids+=("$(made "$name-g")")
connects 'it has the row too' '^ahoy$' sql "$(uri "${ids[2]}")" 'select note from notes'
check 'events list' 'cluster_create' db events list "${ids[2]}"

report
