import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { parse } from 'dotenv';
import { token, uniqueAppName, url } from './support.js';

const values = {
  PLAIN: 'plain',
  EMPTY: '',
  SPACES: '  around  ',
  DOLLARS: 'pa$$word $HOME ${HOME} $(id)',
  JSON: '{"a": "it\\u0027s", "b": ["\\\\", "\\n"]}',
  BACKSLASHES: 'C:\\new\\\\x\\',
  HASH: 'before # after',
  LINES: 'first\nsecond\n\nlast\n',
  APOSTROPHE: "it's `here`",
  BACKTICKS: 'a `b` "c"',
  EQUALS: '=a=b=',
  URI: 'postgresql://u:p%40@h:1/d?sslmode=require&a=b#c',
  UNICODE: 'Zoë ✓',
};
/** Asked for one by one where a format cannot write all of them. */
const only = (names) => Object.fromEntries(names.map((name) => [name, values[name]]));
const without = (...names) => only(Object.keys(values).filter((name) => !names.includes(name)));

const api = async (method, path, body) => {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  return fetch(`${url}${path}`, { method, headers, body: body && JSON.stringify(body) });
};

/** What a program of another process sees, as it sees it. */
const PRINT = 'process.stdout.write(JSON.stringify(process.env))';

describe('files of variables are read as they were meant', () => {
  const folder = mkdtempSync(join(tmpdir(), 'mooring-env-'));
  const apps = [];

  /** The file of a component that has these variables. */
  async function file(format, variables) {
    const envs = Object.entries(variables).map(([key, value]) => ({ key, value }));
    const image = { registry_type: 'DOCKER_HUB', registry: 'library', repository: 'nginx' };
    const spec = { name: uniqueAppName(`env${apps.length}`), region: 'nyc', services: [{ name: 'web', image, envs }] };
    const created = await api('POST', '/v2/apps', { spec });
    assert.equal(created.status, 200, await created.clone().text());
    const { app } = await created.json();
    apps.push(app.id);
    const answer = await api('GET', `/mooring/v1/apps/${app.id}/components/web/env?format=${format}`);
    return { status: answer.status, text: await answer.text() };
  }

  async function written(format, variables) {
    const { status, text } = await file(format, variables);
    assert.equal(status, 200, text);
    const path = join(folder, `${format}.env`);
    writeFileSync(path, text);
    return path;
  }

  const check = (seen, variables) => {
    for (const [name, value] of Object.entries(variables)) assert.equal(seen[name], value, name);
  };

  after(async () => {
    for (const app of apps) await api('DELETE', `/v2/apps/${app}`);
    rmSync(folder, { recursive: true });
  });

  it('by Node.js', async () => {
    const path = await written('dotenv', values);
    check(JSON.parse(execFileSync(process.execPath, [`--env-file=${path}`, '-e', PRINT], { env: {} })), values);
  });

  it("by npm's dotenv", async () => {
    const { text } = await file('dotenv', values);
    check(parse(text), values);
  });

  for (const shell of ['sh', 'bash']) {
    it(`by ${shell}`, async () => {
      const path = await written('shell', values);
      const script = 'set -a; . "$1"; exec "$2" -e "$3"';
      check(JSON.parse(execFileSync(shell, ['-c', script, shell, path, process.execPath, PRINT])), values);
    });
  }

  it('by python-dotenv', { skip: !process.env.MOORING_PYTHON && 'no Python with python-dotenv' }, async () => {
    const path = await written('python-dotenv', values);
    const script = 'import dotenv, json, sys; print(json.dumps(dotenv.dotenv_values(sys.argv[1])))';
    check(JSON.parse(execFileSync(process.env.MOORING_PYTHON, ['-c', script, path])), values);
  });

  it('by docker, whose lines have a name and, as they are, a value', async () => {
    const variables = without('LINES');
    const { text } = await file('docker', variables);
    const lines = text.split('\n').slice(0, -1);
    check(Object.fromEntries(lines.map((line) => line.match(/^([^=]+)=(.*)$/).slice(1))), variables);
  });

  it('or are refused, with the name of the variable', async () => {
    const docker = await file('docker', only(['PLAIN', 'LINES']));
    assert.equal(docker.status, 422);
    assert.match(docker.text, /LINES/);
    const quotes = await file('dotenv', { QUOTES: `'\`"` });
    assert.equal(quotes.status, 422);
    assert.match(quotes.text, /QUOTES/);
  });
});
