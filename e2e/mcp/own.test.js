import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Client as NewClient, StreamableHTTPClientTransport as NewTransport } from '@modelcontextprotocol/client';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { call, found, online, refusal, soon, token, uniqueName, url } from './support.js';

const WHO = { name: 'mooring-e2e', version: '1' };
const PLACE = new URL('/mooring/v1/mcp', url);
const as = (whose) => ({ requestInit: { headers: { authorization: `Bearer ${whose}` } } });

/** Mooring's own tools, by the protocol's own clients: that of the revisions with a handshake, and that of those without. */
describe("Mooring's tools", { timeout: 180_000 }, () => {
  const name = uniqueName('mcp');
  let cluster;
  let client;
  let reader;

  before(async () => {
    const { database } = await call('POST', '/v2/databases', {
      name,
      engine: 'pg',
      version: '17',
      num_nodes: 1,
      size: 'db-s-1vcpu-1gb',
      region: 'nyc1',
    });
    cluster = await online(database.id);
    client = new Client(WHO);
    await client.connect(new StreamableHTTPClientTransport(PLACE, as(token)));
    const made = await call('POST', '/mooring/v1/tokens', { name, scopes: ['database:read'] });
    reader = made.token;
  });

  after(async () => {
    await client?.close();
    if (reader) await call('DELETE', `/mooring/v1/tokens/${reader.id}`);
    if (cluster) await call('DELETE', `/v2/databases/${cluster.id}`);
  });

  const use = (tool, given = {}) => client.callTool({ name: tool, arguments: given });

  it('says what it is and what it can', async () => {
    assert.equal(client.getServerVersion().name, 'mooring');
    assert.match(client.getInstructions(), /get_operation/);
    const { tools } = await client.listTools();
    assert.ok(tools.length >= 14, `${tools.length} tools`);
    for (const tool of tools) {
      assert.equal(tool.inputSchema.type, 'object');
      assert.ok(tool.description.length > 20, tool.name);
    }
  });

  it('shows a cluster, and no password', async () => {
    const seen = found(await use('get_cluster', { cluster: name }));
    assert.equal(seen.database.id, cluster.id);
    assert.equal(seen.nodes[0].role, 'primary');
    assert.ok(!JSON.stringify(seen).includes(cluster.connection.password));
    assert.ok(!JSON.stringify(found(await use('list_clusters'))).includes(cluster.connection.password));
  });

  it('proves that it can be brought back', async () => {
    // The first backup is made right after the cluster.
    await soon(async () => !(await use('get_recovery_window', { cluster: name })).isError);
    const { operation } = found(await use('start_drill', { cluster: name }));
    const ended = found(await use('get_operation', { operation: operation.id, wait_seconds: 50 })).operation;
    assert.equal(ended.state, 'done', JSON.stringify(ended));
    const { proof } = found(await use('get_recovery_proof', { cluster: name }));
    assert.equal(proof.operation_id, operation.id);
    assert.ok(found(await use('get_recovery_window', { cluster: name })).latest);
    assert.ok(found(await use('preview_restore', { cluster: name })).restore_preview.backup_at);
    assert.ok(found(await use('list_events', { cluster: name })).events.length > 0);
    assert.equal(found(await use('list_operations', { cluster: name, per_page: 1 })).operations[0].id, operation.id);
    assert.match(refusal(await use('undo_upgrade', { cluster: name })), /no upgrade of the cluster/);
    assert.ok(found(await use('get_health')).checks.length > 0);
  });

  it('tells whether an upgrade is possible, and begins none', async () => {
    assert.equal(found(await use('check_upgrade', { cluster: name, version: '18' })).operation.state, 'done');
    assert.match(refusal(await use('check_upgrade', { cluster: name, version: '16' })), /must be higher than 17/);
    assert.equal(found(await use('get_cluster', { cluster: name })).database.status, 'online');
  });

  it('offers a token that only reads nothing that changes something', async () => {
    const reading = new Client(WHO);
    await reading.connect(new StreamableHTTPClientTransport(PLACE, as(reader.token)));
    const { tools } = await reading.listTools();
    assert.ok(tools.every((tool) => tool.annotations.readOnlyHint), JSON.stringify(tools.map((tool) => tool.name)));
    const refused = await reading.callTool({ name: 'start_drill', arguments: { cluster: name } });
    assert.match(refusal(refused), /database:update/);
    await reading.close();
  });

  it('speaks the newest revision, which has no handshake', async () => {
    const newest = new NewClient(WHO, { versionNegotiation: { mode: { pin: '2026-07-28' } } });
    await newest.connect(new NewTransport(PLACE, as(token)));
    assert.ok((await newest.listTools()).tools.length >= 14);
    const seen = await newest.callTool({ name: 'get_cluster', arguments: { cluster: name } });
    assert.equal(found(seen).database.status, 'online');
    assert.match(refusal(await newest.callTool({ name: 'get_cluster', arguments: { cluster: 'none' } })), /not found/);
    await newest.close();
  });

  it('lets nobody in without a token', async () => {
    await assert.rejects(new Client(WHO).connect(new StreamableHTTPClientTransport(PLACE)), /401|Unauthorized|authenticate/);
  });
});
