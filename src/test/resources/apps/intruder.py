"""An app that tries to get at everything that is not its own, and answers with what it got."""
import errno, http.server, json, os, pathlib, resource, signal, socket

here = pathlib.Path(os.environ["HOME"])
mooring = here.parents[3]
own = here.parents[1]
got = {}


def attempt(name, what):
    try:
        value = what()
        if value is not None and value != []:
            got[name] = str(value)[:500]
    except OSError as error:
        refused[name] = errno.errorcode.get(error.errno, str(error))
    except (ValueError, MemoryError) as error:
        refused[name] = type(error).__name__


refused = {}


def status(field):
    for line in open("/proc/self/status"):
        if line.startswith(field + ":"):
            return line.split(":", 1)[1].strip()


def readable(top):
    """Files below that can be read, without those of this app and what everybody may see."""
    found = []
    for folder, folders, files in os.walk(top):
        if pathlib.Path(folder) in (own, mooring / "engines"):
            folders.clear()
            continue
        for file in files:
            path = os.path.join(folder, file)
            if os.access(path, os.R_OK):
                found.append(os.path.relpath(path, top))
    return sorted(found)


def guesses():
    names = ["admin-token", "keys/encryption-key", "keys/metadata-password", "tls/ca.key", "tls/server.key",
             "lock", "archive", "uploads", "accounts", "clusters", "metadata/data/PG_VERSION", "cache"]
    opened = []
    for name in names:
        path = mooring / name
        try:
            os.listdir(path) if path.is_dir() else open(path).close()
            opened.append(name)
        except OSError:
            pass
    return opened


def foreign(file):
    """What others' processes show of themselves."""
    seen = []
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if process.stat().st_uid != os.getuid():
                seen.append((process / file).read_bytes().decode(errors="replace")[:80])
        except OSError:
            pass
    return [text for text in seen if text]


def victim(path):
    base = pathlib.Path(os.environ["VICTIM"])
    return (base / path).read_text()


def signalled():
    ended = []
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if process.stat().st_uid != os.getuid():
                os.kill(int(process.name), 0)
                ended.append(process.name)
        except OSError:
            pass
    return ended


def make(path):
    path.write_text("intruder")
    return path


def replace(path):
    os.rename(path, str(path) + ".away")
    return path


def connect(host, port):
    with socket.socket() as client:
        client.settimeout(2)
        client.connect((host, port))
        return host


def root():
    os.setuid(0)
    return "root"


attempt("files of Mooring", lambda: [f for f in readable(mooring) if f not in ("node-id", "tls/ca.crt")])
attempt("guessed files of Mooring", guesses)
attempt("environments", lambda: foreign("environ"))
attempt("memory", lambda: foreign("mem"))
attempt("the victim's home", lambda: victim("home/secret"))
attempt("the victim's folder", lambda: os.listdir(os.environ["VICTIM"]))
attempt("signals", signalled)
attempt("Mooring's home", lambda: make(mooring / "intruder"))
attempt("the apps' folder", lambda: make(mooring / "apps" / "intruder"))
attempt("the app's outer folder", lambda: make(own / "intruder"))
attempt("the manifest", lambda: make(own / "active.json"))
attempt("the deployment's folder", lambda: make(here.parent / "intruder"))
attempt("the place of its home", lambda: replace(here))
attempt("the place of its code", lambda: replace(pathlib.Path.cwd()))
attempt("its log", lambda: (here.parent / "work" / "service-web-0" / "log").read_text())
attempt("the place of its exit code", lambda: replace(here.parent / "work" / "service-web-0" / "exit"))
attempt("metadata endpoint", lambda: connect("169.254.169.254", 80))
attempt("root", root)
attempt("more processes", lambda: resource.setrlimit(resource.RLIMIT_NPROC, (100000, 100000)))
attempt("more memory", lambda: bytearray(3 << 30) and "3 GiB")

# Stays when everything that Mooring knows of has ended.
if os.fork() == 0:
    os.setsid()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    if os.fork() == 0:
        os.setsid()
        signal.pause()
    signal.pause()

facts = {
    "got": got,
    "refused": refused,
    "uids": status("Uid").split(),
    "gids": status("Gid").split(),
    "groups": os.getgroups(),
    "no_new_privs": status("NoNewPrivs"),
    "capabilities": status("CapBnd"),
    "umask": status("Umask"),
    "processes": resource.getrlimit(resource.RLIMIT_NPROC)[1],
    "files": resource.getrlimit(resource.RLIMIT_NOFILE)[1],
    "tmp": oct(os.stat(os.environ["TMPDIR"]).st_mode & 0o777),
    "odd": os.environ["ODD"],
}


class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(facts).encode())


http.server.HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Answer).serve_forever()
