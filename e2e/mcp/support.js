import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';

export const url = (process.env.MOORING_URL ?? 'http://localhost:8080').replace(/\/+$/, '');
export const token = process.env.MOORING_TOKEN;

const run = Date.now().toString(36);
export const uniqueName = (what) => `e2e-${what}-${run}`;

/** One call of the API; an answer without a body is null. */
export async function call(method, path, body) {
  const answer = await fetch(url + path, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: body && JSON.stringify(body),
  });
  const text = await answer.text();
  assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${text}`);
  return text ? JSON.parse(text) : null;
}

/** Asks until it holds. */
export async function soon(holds, seconds = 60) {
  for (const end = Date.now() + seconds * 1000; !(await holds()); await sleep(250)) {
    assert.ok(Date.now() < end, `not within ${seconds} s: ${holds}`);
  }
}

/** The cluster, once it is online. */
export async function online(id) {
  let cluster;
  await soon(async () => {
    cluster = (await call('GET', `/v2/databases/${id}`)).database;
    assert.notEqual(cluster.status, 'failed');
    return cluster.status === 'online';
  });
  return cluster;
}

/** What a tool has answered with. */
export function found(result) {
  assert.ok(!result.isError, JSON.stringify(result.content));
  return result.structuredContent ?? JSON.parse(result.content[0].text);
}

/** Why a tool has refused. */
export function refusal(result) {
  assert.equal(result.isError, true, JSON.stringify(result));
  return result.content[0].text;
}
