"""Mooring's API, as far as it is needed here."""

import json
import os
import time
import urllib.error
import urllib.request
from base64 import b64decode
from pathlib import Path
from tempfile import mkdtemp
from urllib.parse import quote

_URL = os.environ.get("MOORING_URL", "http://localhost:8080").rstrip("/")

_CAS = Path(mkdtemp(prefix="mooring-e2e-"))


def call(method, path, body=None):
    """The answer's JSON, or None where there is none; an error with what the answer says for anything but 2xx."""
    token = os.environ.get("MOORING_TOKEN") or open(os.environ["MOORING_TOKEN_FILE"]).read().strip()
    request = urllib.request.Request(_URL + path, method=method, data=None if body is None else json.dumps(body).encode())
    request.add_header("Authorization", "Bearer " + token)
    request.add_header("Content-Type", "application/json")
    try:
        with urllib.request.urlopen(request, timeout=120) as answer:
            content = answer.read()
            return json.loads(content) if content else None
    except urllib.error.HTTPError as refused:
        raise AssertionError(f"{method} {path}: {refused.code} {refused.read().decode()}") from refused


def until(what, ask, seconds=300):
    end = time.monotonic() + seconds
    while not (answer := ask()):
        assert time.monotonic() < end, f"{what}: not within {seconds} s"
        time.sleep(0.2)
    return answer


class Cluster:
    def __init__(self, identity):
        self.id = identity
        self.path = f"/v2/databases/{identity}"

    @staticmethod
    def create(name, version=None, **more):
        body = {"name": name, "engine": "pg", "num_nodes": 1, "size": "db-s-1vcpu-1gb", "region": "nyc1", **more}
        if version:
            body["version"] = version
        cluster = Cluster(call("POST", "/v2/databases", body)["database"]["id"])
        return cluster.online()

    def get(self):
        return call("GET", self.path)["database"]

    def online(self):
        until(f"{self.id} online", lambda: self.get()["status"] == "online")
        return self

    def url(self, database=None):
        """For libpq: over TLS, with the server's certificate and name verified."""
        connection = self.get()["connection"]
        user = quote(connection["user"], safe="") + ":" + quote(connection["password"], safe="")
        return (
            f"postgresql://{user}@{connection['host']}:{connection['port']}/{database or connection['database']}"
            f"?sslmode=verify-full&sslrootcert={quote(self.ca())}"
        )

    def ca(self):
        """A file with the CA of its certificate."""
        file = _CAS / f"{self.id}.crt"
        if not file.exists():
            file.write_bytes(b64decode(call("GET", self.path + "/ca")["ca"]["certificate"]))
        return str(file)

    def database(self, name):
        call("POST", self.path + "/dbs", {"name": name})
        until(f"{name} exists", lambda: any(db["name"] == name for db in call("GET", self.path + "/dbs")["dbs"]))
        return self.online()

    def upgrade(self, version):
        """The receipt."""
        call("PUT", self.path + "/upgrade", {"version": version})
        self.online()
        operation = next(op for op in self.operations() if op["kind"] == "upgrade-cluster")
        assert operation["state"] == "done", operation
        return operation["receipt"]

    def operations(self):
        return call("GET", f"/mooring/v1/operations?cluster_id={self.id}")["operations"]

    def recoverable(self):
        until("a first backup", lambda: call("GET", self.path + "/backups")["backups"])

    def delete(self):
        call("DELETE", self.path)
