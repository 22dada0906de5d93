#!/usr/bin/env bash
# An app's life with doctl: a web server in Python whose job makes a table in the app's dev database.
# shellcheck source=e2e/doctl-support.sh
. "$(dirname "$0")/doctl-support.sh"

id=
apps() { doctl apps "$@"; }

finish() {
  if [ -n "$id" ]; then apps delete "$id" --force >/dev/null 2>&1 || true; fi
  rm -rf "$work"
}
trap finish EXIT

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

print("listening on port", os.environ["PORT"], flush=True)
http.server.HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Notes).serve_forever()
PYTHON
cat >"$repository/migrate.sh" <<'SHELL'
psql "$DATABASE_URL" -v ON_ERROR_STOP=1 -c 'create table if not exists notes (note text primary key)' \
  -c "insert into notes values ('$NOTE') on conflict do nothing"
SHELL
git -C "$repository" init --quiet --initial-branch=main
git -C "$repository" add .
git -C "$repository" -c user.name=e2e -c user.email=e2e@example.com commit --quiet --message 'Notes'

name=e2e-$(date +%s)-$$
# spec NOTE: the app's spec, with a note for its migration to write.
spec() {
  cat <<YAML
name: $name
region: nyc
databases:
- engine: PG
  name: db
  version: "16"
envs:
- key: DATABASE_URL
  scope: RUN_TIME
  value: \${db.DATABASE_URL}
- key: NOTE
  value: $1
- key: API_KEY
  type: SECRET
  value: not-for-everybody
services:
- name: web
  git:
    repo_clone_url: file://$repository
    branch: main
  run_command: exec python3 server.py
jobs:
- name: migrate
  kind: PRE_DEPLOY
  git:
    repo_clone_url: file://$repository
    branch: main
  run_command: sh migrate.sh
YAML
}
mkdir "$work/src"
spec ahoy >"$work/src/your-app.yaml"
sed 's/16/9/; s/kind: PRE_DEPLOY/kind: SOMETIME/' "$work/src/your-app.yaml" >"$work/src/wrong.yaml"

check 'spec validate' "^name: $name" apps spec validate "$work/src/your-app.yaml"
check 'spec validate, all that is wrong' 'databases\[0\].version: 9 must be one of' \
  refused apps spec validate "$work/src/wrong.yaml"
check 'propose' "$name|yes|true" apps propose --spec "$work/src/your-app.yaml"

check 'create --wait' "$name" apps create --spec "$work/src/your-app.yaml" --wait --format ID,Spec.Name,DefaultIngress --no-header
id=$(awk -v name="$name" '$2 == name { print $1 }' <<<"$output")
ingress=$(awk -v name="$name" '$2 == name { print $3 }' <<<"$output")
if [ -z "$id" ]; then
  echo "FAIL  $name was not created: without it there is nothing to go on with"
  exit 1
fi
check 'create again is a conflict' ' 409 ' refused apps create --spec "$work/src/your-app.yaml"
check 'create --upsert' "^$id" apps create --upsert --spec "$work/src/your-app.yaml" --format ID --no-header
check 'the secret is encrypted' 'EV\[1:' apps spec get "$id"
check 'list' "^$id" apps list --format ID --no-header
check 'get by name' "^$id" apps get "$name" --format ID --no-header

# Where Mooring runs no apps they have no address, and the rest is as it is.
if [[ $ingress == http* ]]; then
  runs() { soon "$@"; }
else
  runs() { echo "skip  $1: this Mooring runs no apps"; }
fi
runs 'the app answers from its table' '^ahoy$' curl -sf "$ingress"
runs 'logs' 'listening on port' apps logs "$id" web --type run
runs 'logs of the job' 'INSERT 0 1' apps logs "$id" migrate --type deploy
runs 'logs --follow, to the end of the job' 'INSERT 0 1' timeout 20 "$program" --config "$work/config.yaml" \
  apps logs "$id" migrate --type deploy --follow
runs 'logs --no-prefix' '^listening on port' apps logs "$id" web --type run --no-prefix
runs 'list-instances' 'web' apps list-instances "$id"

spec farewell >"$work/src/your-app.yaml"
check 'update, as the guide has it' "^$id" \
  apps update "$id" --spec "$work/src/your-app.yaml" --wait --format ID,DefaultIngress,Created
runs 'the app answers with the new note too' 'farewell' curl -sf "$ingress"
check 'list-deployments' '(ACTIVE|SUPERSEDED)' apps list-deployments "$id"
deployment=$(apps list-deployments "$id" --format ID --no-header | sed -n 1p)
check 'get-deployment' "^$deployment" apps get-deployment "$id" "$deployment" --format ID --no-header
check 'create-deployment --wait' '^[0-9a-f-]{36}' apps create-deployment "$id" --wait --format ID --no-header
check 'restart' '^[0-9a-f-]{36}|ID' apps restart "$id"
check 'list-alerts' '^ID|^$' apps list-alerts "$id"
check 'list-regions' '^nyc' apps list-regions --format Slug --no-header
check 'tier instance-size list' 'apps-s-1vcpu-0.5gb' apps tier instance-size list

check 'delete --force' '' apps delete "$id" --force
check 'get after delete' ' 404 ' refused apps get "$id"
id=

report
