"""A cluster's life with PyDo, DigitalOcean's Python client. PyDo sends its token over https only."""

import os
import sys
import time
import uuid
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

from azure.core.exceptions import ClientAuthenticationError, HttpResponseError
from pydo import Client

passed = failed = 0


@contextmanager
def step(name):
    global passed, failed
    try:
        yield
    except Exception as failure:
        failed += 1
        print(f"FAIL  {name}: {type(failure).__name__}: {failure}")
    else:
        passed += 1
        print(f"ok    {name}")


def endpoint():
    url = os.environ.get("MOORING_URL") or "http://localhost:8080"
    if url.startswith("https:"):
        return url.rstrip("/")
    return os.environ.get("MOORING_HTTPS_URL") or f"https://{urlsplit(url).hostname}:8443"


def read_token():
    token = os.environ.get("MOORING_TOKEN")
    if token:
        return token
    file = os.environ.get("MOORING_TOKEN_FILE")
    if file:
        return Path(file).read_text().strip()
    sys.exit("Set MOORING_TOKEN or MOORING_TOKEN_FILE.")


def client(token):
    # Without Mooring's CA the system's own have to know the server's certificate.
    return Client(
        token=token,
        endpoint=endpoint(),
        connection_verify=os.environ.get("MOORING_CA") or True,
        retry_total=0,
    )


def is_missing(answer):
    # PyDo does not raise for 404: it returns the error's body as if it were the thing.
    return answer.get("id") == "not_found"


def wait_online(databases, cluster_id, seconds=60):
    deadline = time.monotonic() + seconds
    while True:
        cluster = databases.get_cluster(cluster_id)["database"]
        if cluster["status"] == "online":
            return cluster
        assert time.monotonic() < deadline, f"still {cluster['status']} after {seconds} s"
        time.sleep(0.5)


def create_replica(databases, cluster_id, wish, seconds=60):
    """A node is made of a backup: until the first one is there, the answer is 412."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return databases.create_replica(cluster_id, body=wish)["replica"]
        except HttpResponseError as refusal:
            if refusal.status_code != 412 or time.monotonic() > deadline:
                raise
            time.sleep(0.5)


def session(databases):
    name = f"e2e-pydo-{uuid.uuid4().hex[:8]}"
    cluster_id = None
    try:
        with step("options"):
            assert "16" in databases.list_options()["options"]["pg"]["versions"]

        with step("create"):
            wish = {
                "name": name,
                "engine": "pg",
                "version": "16",
                "size": "db-s-1vcpu-1gb",
                "region": "nyc3",
                "num_nodes": 1,
                "tags": ["e2e"],
            }
            cluster = databases.create_cluster(body=wish)["database"]
            cluster_id = cluster["id"]
            assert cluster["status"] == "creating", cluster["status"]

        if cluster_id is None:
            return

        with step("get, until online"):
            online = wait_online(databases, cluster_id)
            assert online["name"] == name
            assert online["connection"] == cluster["connection"]

        with step("list"):
            assert cluster_id in [each["id"] for each in databases.list_clusters()["databases"]]

        with step("create a user"):
            user = databases.add_user(cluster_id, body={"name": "anna"})["user"]
            assert user["role"] == "normal" and user["password"]

        with step("list and get users"):
            names = [each["name"] for each in databases.list_users(cluster_id)["users"]]
            assert sorted(names) == ["anna", "doadmin"], names
            assert databases.get_user(cluster_id, "anna")["user"]["password"] == user["password"]

        with step("reset a user's password"):
            fresh = databases.reset_auth(cluster_id, "anna", body={})["user"]
            assert fresh["password"] != user["password"]

        with step("delete a user"):
            assert databases.delete_user(cluster_id, "anna") is None
            assert is_missing(databases.get_user(cluster_id, "anna"))

        with step("replace the trusted sources"):
            only = {"rules": [{"type": "ip_addr", "value": "192.0.2.0/24"}]}
            assert databases.update_firewall_rules(cluster_id, body=only) is None
            assert [each["value"] for each in databases.list_firewall_rules(cluster_id)["rules"]] == ["192.0.2.0/24"]
            assert databases.update_firewall_rules(cluster_id, body={"rules": []}) is None
            assert databases.list_firewall_rules(cluster_id)["rules"] == []

        with step("a connection pool"):
            pool = {"name": "shared", "mode": "transaction", "size": 3, "db": "defaultdb", "user": "doadmin"}
            try:
                made = databases.add_connection_pool(cluster_id, body=pool)["pool"]
            except HttpResponseError as refusal:
                if "need PgBouncer" not in str(refusal):
                    raise
                print(f"*** SKIPPED: {refusal.reason}")
            else:
                assert made["connection"]["database"] == "shared", made
                assert len(databases.list_connection_pools(cluster_id)["pools"]) == 1
                changed = {"mode": "session", "size": 2, "db": "defaultdb", "user": "doadmin"}
                assert databases.update_connection_pool(cluster_id, "shared", body=changed) is None
                assert databases.get_connection_pool(cluster_id, "shared")["pool"]["mode"] == "session"
                assert databases.delete_connection_pool(cluster_id, "shared") is None
                assert is_missing(databases.get_connection_pool(cluster_id, "shared"))

        with step("a read-only node"):
            node = f"{name}-r"
            create_replica(databases, cluster_id, {"name": node, "size": "db-s-1vcpu-1gb", "region": "nyc1"})
            deadline = time.monotonic() + 120
            while databases.get_replica(cluster_id, node)["replica"]["status"] != "online":
                assert time.monotonic() < deadline, databases.get_replica(cluster_id, node)
                time.sleep(0.5)
            assert [each["name"] for each in databases.list_replicas(cluster_id)["replicas"]] == [node]
            assert databases.destroy_replica(cluster_id, node) is None
            assert is_missing(databases.get_replica(cluster_id, node))

        with step("delete"):
            assert databases.destroy_cluster(cluster_id) is None
            assert is_missing(databases.get_cluster(cluster_id))
            cluster_id = None
    finally:
        if cluster_id:
            with suppress(HttpResponseError):
                databases.destroy_cluster(cluster_id)


def app_session(apps):
    name = f"e2e-pydo-{uuid.uuid4().hex[:8]}"
    spec = {
        "name": name,
        "region": "nyc",
        "databases": [{"engine": "PG", "name": "db", "version": "16"}],
        "envs": [{"key": "API_KEY", "scope": "RUN_TIME", "type": "SECRET", "value": "not-for-everybody"}],
    }
    app_id = None
    try:
        with step("propose an app"):
            assert apps.validate_app_spec(body={"spec": spec})["app_name_available"]

        with step("create an app"):
            app = apps.create(body={"spec": spec})["app"]
            app_id = app["id"]
            assert app["spec"]["envs"][0]["value"].startswith("EV[1:")

        if app_id is None:
            return

        with step("wait for its deployment"):
            deadline = time.monotonic() + 60
            while True:
                deployment = apps.get_deployment(app_id, app["pending_deployment"]["id"])["deployment"]
                progress = deployment["progress"]
                assert not progress.get("error_steps"), deployment
                if progress["success_steps"] == progress["total_steps"]:
                    break
                assert time.monotonic() < deadline, deployment["phase"]
                time.sleep(0.25)

        with step("update an app as the guide does, with its own secret"):
            changed = {**app["spec"], "alerts": [{"rule": "DEPLOYMENT_FAILED"}, {"rule": "DOMAIN_FAILED"}]}
            updated = apps.update(id=app_id, body={"spec": changed})["app"]
            assert updated["spec"] == changed, updated["spec"]

        with step("delete an app"):
            assert apps.delete(app_id)["id"] == app_id
            assert is_missing(apps.get(app_id))
            app_id = None
    finally:
        if app_id:
            with suppress(HttpResponseError):
                apps.delete(app_id)


def refuses_strangers():
    with step("refuse an unknown token"):
        try:
            client("dop_v1_" + 64 * "0").databases.list_clusters()
        except ClientAuthenticationError as refusal:
            assert refusal.status_code == 401
        else:
            raise AssertionError("a token that was never made was let in")


session(client(read_token()).databases)
app_session(client(read_token()).apps)
refuses_strangers()
print(f"{passed} passed, {failed} failed")
sys.exit(1 if failed else 0)
