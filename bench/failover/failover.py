"""kill -9 of the primary while one client writes: how long until a write is answered again, and what was answered and is lost."""

import json
import os
import pathlib
import pwd
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

import psycopg

URL = os.environ.get("MOORING_URL", "http://localhost:8080")
HOME = pathlib.Path(os.environ.get("MOORING_HOME", pathlib.Path.home() / ".mooring"))
BIN = "/usr/lib/postgresql/15/bin"
# Seconds; see Supervisor.
SETTLED = 4


class Writer:
    """One insert after the other, with a new connection after each error."""

    def __init__(self, *conninfos):
        self.conninfos = conninfos
        self.answered = []
        self.longest = 0.0
        self.last = None
        self.running = True
        with self.connect() as connection:
            connection.execute("create table if not exists written (id int primary key)")
        self.thread = threading.Thread(target=self.write)
        self.thread.start()

    def connect(self):
        failure = None
        for conninfo in self.conninfos:
            try:
                connection = psycopg.connect(conninfo, autocommit=True, connect_timeout=2)
                if connection.execute("select pg_is_in_recovery()").fetchone()[0]:
                    connection.close()
                    continue
                return connection
            except psycopg.Error as error:
                failure = error
        raise failure or psycopg.OperationalError("no primary")

    def write(self):
        number = 0
        while self.running:
            try:
                with self.connect() as connection:
                    while self.running:
                        number += 1
                        connection.execute("insert into written values (%s)", (number,))
                        now = time.monotonic()
                        if self.last:
                            self.longest = max(self.longest, now - self.last)
                        self.last = now
                        self.answered.append(number)
                        time.sleep(0.001)
            except psycopg.Error:
                time.sleep(0.005)

    def await_write(self):
        before = len(self.answered)
        while len(self.answered) < before + 50:
            time.sleep(0.005)

    def lost(self):
        self.running = False
        self.thread.join()
        with self.connect() as connection:
            there = {row[0] for row in connection.execute("select id from written")}
        return len(set(self.answered) - there)


def api(path, body=None, method=None):
    token = os.environ.get("MOORING_ADMIN_TOKEN") or (HOME / "admin-token").read_text().strip()
    request = urllib.request.Request(URL + path, json.dumps(body).encode() if body is not None else None, method=method)
    request.add_header("Authorization", "Bearer " + token)
    request.add_header("Content-Type", "application/json")
    with urllib.request.urlopen(request) as answer:
        return json.loads(answer.read() or "{}")


def mooring(rounds):
    name = "bench-failover-%d" % os.getpid()
    made = api("/v2/databases", {"name": name, "engine": "pg", "version": "15", "num_nodes": 2,
                                 "size": "db-s-2vcpu-4gb", "region": "nyc1"})["database"]
    try:
        while api("/v2/databases/" + made["id"])["database"]["status"] != "online":
            time.sleep(0.1)
        following = lambda: api("/mooring/v1/databases/%s/topology" % made["id"])["topology"]["nodes"][1]["state"] == "following"
        writer = Writer(made["connection"]["uri"])
        pauses = []
        back = 0
        for _ in range(rounds):
            while not following():
                time.sleep(0.05)
            # A primary that dies again within three seconds is waited for, so that one that cannot run does not keep the machine busy.
            time.sleep(max(0, back + SETTLED - time.time()))
            writer.await_write()
            writer.longest = 0
            pid = int((HOME / "clusters" / made["id"] / "data" / "postmaster.pid").read_text().split("\n")[0])
            os.kill(pid, signal.SIGKILL)
            writer.await_write()
            back = time.time()
            pauses.append(writer.longest * 1000)
        switches = []
        for _ in range(rounds):
            while not following():
                time.sleep(0.05)
            writer.await_write()
            writer.longest = 0
            asked = api("/mooring/v1/databases/%s/switchover" % made["id"], {})["operation"]["id"]
            while api("/mooring/v1/operations/" + asked)["operation"]["state"] not in ("done", "failed"):
                time.sleep(0.05)
            writer.await_write()
            switches.append(writer.longest * 1000)
        return pauses, switches, writer.lost()
    finally:
        api("/v2/databases/" + made["id"], method="DELETE")


def as_postgres():
    if os.getuid() == 0:
        account = pwd.getpwnam("postgres")
        os.setgroups([])
        os.setgid(account.pw_gid)
        os.setuid(account.pw_uid)


PATRONI = """
scope: bench
name: node{number}
etcd3: {{host: "127.0.0.1:23790"}}
restapi: {{listen: "127.0.0.1:{rest}", connect_address: "127.0.0.1:{rest}"}}
bootstrap:
  dcs:
    ttl: 20
    loop_wait: 1
    retry_timeout: 3
    synchronous_mode: true
    primary_start_timeout: 0
    postgresql: {{use_pg_rewind: true, parameters: {{shared_buffers: 819MB, wal_level: logical, wal_log_hints: "on"}}}}
  initdb: [{{encoding: UTF8}}, data-checksums]
postgresql:
  listen: "127.0.0.1:{port}"
  connect_address: "127.0.0.1:{port}"
  data_dir: {work}/node{number}
  bin_dir: {bin}
  pgpass: {work}/pass{number}
  authentication:
    superuser: {{username: postgres, password: bench}}
    replication: {{username: replicator, password: bench}}
  pg_hba: ["host all all 127.0.0.1/32 scram-sha-256", "host replication all 127.0.0.1/32 scram-sha-256"]
  parameters: {{unix_socket_directories: ""}}
"""


def patroni(rounds):
    work = pathlib.Path(tempfile.mkdtemp())
    if os.getuid() == 0:
        shutil.chown(work, "postgres", "postgres")
    log = open(work / "log", "w")
    run = lambda *words: subprocess.Popen(words, stdout=log, stderr=log, preexec_fn=as_postgres, cwd=work)
    started = [run("etcd", "--data-dir", str(work / "etcd"), "--listen-client-urls", "http://127.0.0.1:23790",
                   "--advertise-client-urls", "http://127.0.0.1:23790", "--listen-peer-urls", "http://127.0.0.1:23791",
                   "--initial-advertise-peer-urls", "http://127.0.0.1:23791",
                   "--initial-cluster", "default=http://127.0.0.1:23791")]
    ports = {1: 23801, 2: 23802}
    try:
        for number, port in ports.items():
            (work / ("%d.yml" % number)).write_text(
                PATRONI.format(number=number, rest=port + 10, port=port, work=work, bin=BIN))
            started.append(run(os.path.join(os.path.dirname(sys.executable), "patroni"), str(work / ("%d.yml" % number))))
        state = lambda number: json.loads(
            urllib.request.urlopen("http://127.0.0.1:%d/patroni" % (ports[number] + 10)).read())

        def settled():
            try:
                states = [state(1), state(2)]
            except OSError as error:
                body = getattr(error, "read", lambda: b"")()
                return False if not body else False
            primary = [one for one in states if one.get("role") in ("primary", "master")]
            return len(primary) == 1 and any(
                one.get("sync_state") == "sync" and one.get("state") == "streaming"
                for one in primary[0].get("replication", []))

        while not settled():
            time.sleep(0.2)
        writer = Writer(*["host=127.0.0.1 port=%d user=postgres password=bench dbname=postgres" % port for port in ports.values()])
        pauses = []
        for _ in range(rounds):
            while not settled():
                time.sleep(0.1)
            writer.await_write()
            writer.longest = 0
            number = next(one for one in ports if state(one).get("role") in ("primary", "master"))
            os.kill(int((work / ("node%d" % number) / "postmaster.pid").read_text().split("\n")[0]), signal.SIGKILL)
            writer.await_write()
            pauses.append(writer.longest * 1000)
        return pauses, writer.lost()
    finally:
        for process in reversed(started):
            process.terminate()
        for process in started:
            process.wait()
        log.close()
        shutil.rmtree(work)


def told(what, pauses):
    print("%-34s median %6.0f ms, worst %6.0f ms" % (what, statistics.median(pauses), max(pauses)))


def main():
    rounds = int(sys.argv[1])
    print("== kill -9 of the primary, %d times: longest time between two writes that were answered" % rounds)
    killed, switched, lost = mooring(rounds)
    told("Mooring", killed)
    peer, peer_lost = patroni(rounds)
    told("Patroni, synchronous, loop_wait 1", peer)
    print("ratio %.2f; answered and lost: %d, Patroni %d"
          % (statistics.median(killed) / statistics.median(peer), lost, peer_lost))
    told("Mooring, planned switchover", switched)


main()
