"""Brings schemas of applications through all that Mooring does to a database, and compares what pg_dumpall says each time.

Without arguments all of them, over two major versions; `quick` takes one of them over one.
"""

import difflib
import sys
import time

import psycopg

import applications
from dump import dump
from mooring import Cluster, call, until

made = []
apps = []


def cluster(name, *args, **more):
    made.append(Cluster.create(f"e2e-{name}-{int(time.time())}", *args, **more))
    return made[-1]


def same(what, before, after):
    differences = list(difflib.unified_diff(before, after, "before", "after", lineterm="", n=1))
    assert not differences, f"{what} differs:\n" + "\n".join(differences[:60])
    print(f"ok    {what}: {len(after)} lines are the same", flush=True)


def served(of):
    """Without what says which changes go to the version before, for as long as an upgrade can be undone."""
    return [line for line in dump(of.url()) if "PUBLICATION mooring_undo_" not in line]


def settled(lines):
    """Without where sequences stand: replayed WAL has the numbers that a server fetched ahead, and leaves out those it gave to nobody."""
    return [line for line in lines if not line.startswith("SELECT pg_catalog.setval(")]


def version(of):
    with psycopg.connect(of.url()) as connection:
        return str(connection.info.server_version // 10000)


def copy_of(source, name, moment=None):
    restore = {"database_name": source.get()["name"]}
    if moment:
        restore["backup_created_at"] = moment
    return cluster(name, backup_restore=restore)


def upgrades(names, versions):
    original = cluster("schemas", versions[0])
    for name in names:
        original.database(name)
        began = time.monotonic()
        applications.ALL[name](original.url(name))
        print(f"ok    {name} is there, after {time.monotonic() - began:.1f} s", flush=True)
    original.recoverable()
    before = dump(original.url())
    with psycopg.connect(original.url(), autocommit=True) as connection:
        moment = connection.execute("select to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')").fetchone()[0]
        connection.execute("create table made_after_the_moment (id int primary key)")
    later = dump(original.url())
    assert later != before
    for to in versions[1:]:
        receipt = original.upgrade(to)
        print(f"ok    upgraded to {to}, {receipt['method']}, pause {receipt['write_pause_ms']} ms", flush=True)
        assert version(original) == to
        same(f"what {to} has", later, served(original))
    for name in names:
        applications.ALL[name](original.url(name))
    same("after all migrations once more", later, served(original))
    fork = copy_of(original, "fork")
    same("a fork", settled(later), settled(dump(fork.url())))
    if len(names) == 1:
        return
    restored = copy_of(original, "restored", moment)
    assert version(restored) == versions[0], "a moment before the upgrades is restored with its version"
    same("what was restored to a moment before", settled(before), settled(dump(restored.url())))


def conversion(name, major):
    spec = {"name": f"e2e-schemas-{int(time.time()) % 1000000}", "databases": [{"name": "db", "engine": "PG", "version": major}]}
    app = call("POST", "/v2/apps", {"spec": spec})["app"]["id"]
    apps.append(app)

    def details():
        found = call("GET", f"/v2/apps/{app}/database_connection_details").get("connection_details") or []
        return found and found[0].get("password") and found[0]

    converted = Cluster(until("the dev database", details)["database_id"]).online()
    # A managed cluster's own one is another, which is empty.
    database = converted.get()["connection"]["database"]
    applications.ALL[name](converted.url(database))
    before = dump(converted.url(database), single=True)
    call("POST", f"/mooring/v1/databases/{converted.id}/convert", {"name": f"e2e-converted-{int(time.time())}", "size": "db-s-1vcpu-1gb"})
    made.append(converted.online())
    operation = next(op for op in converted.operations() if op["kind"] == "convert-database")
    assert operation["state"] == "done", operation
    same(f"{name}, converted", before, dump(converted.url(database), single=True))


def main():
    reached = call("GET", "/v2/databases/options")["options"]["pg"]["upgrade_targets"]
    if "18" not in reached:
        print("SKIPPED: this machine reaches no upgrade to 18, see docs/upgrades.md")
        return
    try:
        if sys.argv[1:] == ["quick"]:
            upgrades(["procrastinate"], ["16", "18"])
        else:
            upgrades(list(applications.ALL), ["15"] + [major for major in ("16", "18") if major in reached])
            for name in applications.ALL:
                conversion(name, "18")
    finally:
        for app in apps:
            call("DELETE", f"/v2/apps/{app}")
        for left in made:
            left.delete()


main()
