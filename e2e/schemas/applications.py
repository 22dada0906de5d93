"""Each makes the schema of an application in a database, with the application's own migrations, and changes nothing where it is there."""

import json
import os
import subprocess
import sys
from importlib.resources import files
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import psycopg

HERE = Path(__file__).parent


def _ca(url):
    return dict(parse_qsl(urlsplit(url).query))["sslrootcert"]


def _run(words, url, **more):
    """`url` in two forms: libpq's, which names the CA, and without its parameters, for libraries that do not know them."""
    environment = {**os.environ, "DATABASE_URL": url, "PLAIN_URL": url.split("?")[0], "CA": _ca(url), **more}
    done = subprocess.run(words, env=environment, cwd=HERE, capture_output=True, text=True, timeout=300)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(words)}: {done.stdout[-2000:]}{done.stderr[-2000:]}")


def wagtail(url):
    """Django's migrations: some 60 tables, full text search with GIN and generated vectors, and their first rows."""
    _run([sys.executable, "-m", "django", "migrate", "--verbosity=0"], url, DJANGO_SETTINGS_MODULE="settings", PYTHONPATH=str(HERE))


def procrastinate(url):
    """Enums, functions that return rows, triggers that notify, and jobs."""
    with psycopg.connect(url) as connection:
        if connection.execute("select to_regclass('procrastinate_jobs')").fetchone()[0]:
            return
        connection.execute((files("procrastinate") / "sql" / "schema.sql").read_text().replace("%%", "%"))
        for number in range(20):
            connection.execute(
                "insert into procrastinate_jobs (task_name, args, queue_name) values (%s, %s, 'mail')",
                (f"task-{number}", json.dumps({"number": number})),
            )


def litellm(url):
    """The migrations of LiteLLM's proxy, as SQL for Prisma: some 200 files, applied in their order."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("create table if not exists applied (name text primary key)")
        known = {name for (name,) in connection.execute("select name from applied")}
        folder = Path(str(files("litellm_proxy_extras"))) / "migrations"
        for migration in sorted(path for path in folder.iterdir() if path.is_dir()):
            if migration.name not in known:
                connection.execute((migration / "migration.sql").read_text())
                connection.execute("insert into applied values (%s)", (migration.name,))


def graphile_worker(url):
    """Functions, policies, generated columns, and a schema of its own."""
    _run(["node_modules/.bin/graphile-worker", "--schema-only", "--connection", url], url)


def pg_boss(url):
    """A partitioned table with a partition for each queue, made by a function, and jobs."""
    _run(["node", "pg-boss.js"], url)


def unleash(url):
    """Eleven years of migrations with db-migrate."""
    _run(["node", "unleash.cjs"], url)


ALL = {
    "wagtail": wagtail,
    "procrastinate": procrastinate,
    "litellm": litellm,
    "graphile-worker": graphile_worker,
    "pg-boss": pg_boss,
    "unleash": unleash,
}
