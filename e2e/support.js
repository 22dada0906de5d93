import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';

/** Where Mooring's API is, without /v2 and without a slash at the end. */
export const url = (process.env.MOORING_URL || 'http://localhost:8080').replace(/\/+$/, '');

export const token = readToken();

function readToken() {
  const { MOORING_TOKEN, MOORING_TOKEN_FILE } = process.env;
  if (MOORING_TOKEN) return MOORING_TOKEN;
  if (MOORING_TOKEN_FILE) return readFileSync(MOORING_TOKEN_FILE, 'utf8').trim();
  throw new Error('Set MOORING_TOKEN or MOORING_TOKEN_FILE: without a token Mooring answers nothing.');
}

// Runs may overlap, and a run that was killed leaves its cluster behind.
const run = Date.now().toString(36) + randomBytes(2).toString('hex');

export const uniqueName = (what) => `e2e-${what}-${run}`;

/** Names of apps have at most 32 characters. */
export const uniqueAppName = (what) => `e2e-${what}-${run}`.slice(0, 32);

/** Asks until the cluster is online, as every client does: no client knows a status for failure, hence the deadline. */
export async function waitOnline(get, seconds = 60) {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const cluster = await get();
    if (cluster.status === 'online') return cluster;
    if (Date.now() > deadline) assert.fail(`${cluster.name} is still ${cluster.status} after ${seconds} s`);
    await sleep(500);
  }
}

/** Tries until it works: the API may answer before the database has taken a change over. */
export async function eventually(attempt, seconds = 15) {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    try {
      return await attempt();
    } catch (failure) {
      if (Date.now() > deadline) throw failure;
      await sleep(250);
    }
  }
}

/** A new connection, and only over TLS whose certificate is the host's own and from the given CA. */
export async function connect(connection, ca) {
  const { host, port, user, password, database } = connection;
  // Without a host, node compares the certificate of a server at a bare IP address with the name "localhost".
  const ssl = { ca, host, rejectUnauthorized: true };
  const client = new pg.Client({ host, port, user, password, database, ssl, connectionTimeoutMillis: 10_000 });
  // A server that ends the session reports it as an event too, which would end the whole test run.
  client.on('error', () => {});
  try {
    await client.connect();
    return client;
  } catch (failure) {
    await client.end().catch(() => {});
    throw failure;
  }
}

/** Runs one statement in a connection of its own. */
export async function query(connection, sql, ca) {
  const client = await connect(connection, ca);
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end().catch(() => {});
  }
}

/** The login is refused, and not by chance: a wrong CA or a missing host must not pass for a refusal. */
export async function refusedLogin(connection, ca) {
  await refused(connection, ca, ['28P01', '28000']);
}

/** The way in is closed: by the server's own rules (28000), or already before a server answers. */
export async function refusedNetwork(connection, ca) {
  await refused(connection, ca, ['28000', 'ECONNREFUSED', 'ECONNRESET', 'timeout expired']);
}

async function refused(connection, ca, codes) {
  await eventually(() =>
    assert.rejects(query(connection, 'select 1', ca), (failure) => {
      assert.ok(codes.includes(failure.code ?? failure.message), `not a refusal: ${failure.code} ${failure.message}`);
      return true;
    }),
  );
}

/** The API sends the base64 of the PEM text. */
export function pem(certificate) {
  const text = Buffer.from(certificate, 'base64').toString();
  assert.match(text, /^-----BEGIN CERTIFICATE-----/);
  return text;
}
