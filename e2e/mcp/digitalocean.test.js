import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { after, before, describe, it } from 'node:test';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { call, found, online, refusal, soon, token, uniqueName, url } from './support.js';

const SERVER = createRequire(import.meta.url).resolve('@digitalocean/mcp/index.js');

/** DigitalOcean's MCP server, which is told of another address and of nothing else. */
describe("DigitalOcean's MCP server", { timeout: 180_000 }, () => {
  const name = uniqueName('do-mcp');
  let client;
  let id;

  before(async () => {
    client = new Client({ name: 'mooring-e2e', version: '1' });
    await client.connect(
      new StdioClientTransport({
        command: process.execPath,
        args: [SERVER, '-services', 'databases', '-digitalocean-api-endpoint', url, '-digitalocean-api-token', token],
        stderr: 'ignore',
      }),
    );
  });

  after(async () => {
    await client?.close();
    if (id) await fetch(`${url}/v2/databases/${id}`, { method: 'DELETE', headers: { authorization: `Bearer ${token}` } });
  });

  const use = async (tool, given = {}) => client.callTool({ name: tool, arguments: given });

  it('creates a cluster and looks at it', async () => {
    const made = await use('db-cluster-create', {
      name,
      engine: 'pg',
      version: '16',
      region: 'nyc1',
      size: 'db-s-1vcpu-1gb',
      num_nodes: 1,
    });
    id = found(made).id;
    await online(id);
    assert.equal(found(await use('db-cluster-get', { id })).name, name);
    assert.ok(JSON.stringify(found(await use('db-cluster-list', { page: '1', per_page: 200 }))).includes(id));
    assert.ok(found(await use('db-cluster-list-options')));
    assert.ok((await use('db-cluster-get-ca', { id })).content[0].text.length > 500);
    assert.match(refusal(await use('db-cluster-get', { id: '5a4981aa-9653-4bd1-bef5-d6bff52042e4' })), /404|not found/);
  });

  it('changes its settings, users and trusted sources', async () => {
    const changed = await use('db-cluster-update-psql-config', { id, config: { work_mem: 8 } });
    assert.ok(!changed.isError, JSON.stringify(changed));
    assert.equal(found(await use('db-cluster-get-postgresql-config', { id })).work_mem, 8);
    assert.equal(found(await use('db-cluster-create-user', { id, name: 'agent' })).name, 'agent');
    assert.ok(JSON.stringify(found(await use('db-cluster-list-users', { id }))).includes('agent'));
    const rules = [{ type: 'ip_addr', value: '192.0.2.0/24' }];
    assert.ok(!(await use('db-cluster-update-firewall-rules', { id, rules })).isError);
    const seen = await call('GET', `/v2/databases/${id}/firewall`);
    assert.deepEqual(
      seen.rules.map((rule) => rule.value),
      ['192.0.2.0/24'],
    );
    assert.ok(!(await use('db-cluster-delete-user', { id, user: 'agent' })).isError);
  });

  it('lists backups and deletes the cluster', async () => {
    await soon(async () => {
      const listed = await use('db-cluster-list-backups', { id, page: '1', per_page: 20 });
      return !listed.isError && JSON.stringify(listed).includes('created_at');
    });
    assert.ok(!(await use('db-cluster-delete', { id })).isError);
    id = undefined;
  });
});
