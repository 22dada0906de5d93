import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createDigitalOceanClient, DigitalOceanApiKeyAuthenticationProvider } from '@digitalocean/dots';
import { FetchRequestAdapter } from '@microsoft/kiota-http-fetchlibrary';
import { connect, eventually, pem, query, refusedLogin, refusedNetwork, token, uniqueName, url, waitOnline } from './support.js';

const adapter = new FetchRequestAdapter(new DigitalOceanApiKeyAuthenticationProvider(token));
adapter.baseUrl = url;
const databases = createDigitalOceanClient(adapter).v2.databases;

// What dots throws for an error answer is a plain object.
const notFound = (error) => {
  assert.equal(error.responseStatusCode, 404);
  assert.equal(error.id, 'not_found');
  assert.ok(error.messageEscaped);
  return true;
};

describe('@digitalocean/dots', () => {
  const name = uniqueName('dots');
  const tag = uniqueName('tag');
  let cluster;
  let api;
  let admin;
  let ca;

  before(async () => {
    const answer = await databases.post({
      name,
      engine: 'pg',
      version: '16',
      size: 'db-s-1vcpu-1gb',
      region: 'nyc3',
      numNodes: 1,
      tags: [tag],
    });
    cluster = answer.database;
    api = databases.byDatabase_cluster_uuid(cluster.id);
  });

  after(async () => {
    if (cluster) await api.delete().catch(() => {});
  });

  it('offers PostgreSQL 16 in nyc3', async () => {
    const { pg } = (await databases.optionsPath.get()).options;
    assert.ok(pg.versions.includes('16'));
    assert.ok(pg.regions.includes('nyc3'));
    assert.ok(pg.layouts.find((layout) => layout.numNodes === 1).sizes.includes('db-s-1vcpu-1gb'));
  });

  it('answers a creation with all that a client needs', () => {
    assert.equal(cluster.name, name);
    assert.equal(cluster.engine, 'pg');
    assert.equal(cluster.version, '16');
    assert.equal(cluster.region, 'nyc3');
    assert.equal(cluster.status, 'creating');
    assert.deepEqual(cluster.tags, [tag]);
    assert.ok(cluster.createdAt instanceof Date);
    assert.ok(cluster.connection.password);
  });

  it('comes online and keeps the connection it announced', async () => {
    const online = await waitOnline(async () => (await api.get()).database);
    admin = online.connection;
    for (const part of ['host', 'port', 'user', 'password', 'database', 'uri']) {
      assert.equal(admin[part], cluster.connection[part], part);
    }
    assert.ok(online.dbNames.includes('defaultdb'));
    assert.equal(online.maintenanceWindow.hour.length, 'HH:MM:SS'.length);
  });

  it('serves a real connection, whose certificate the CA has signed', async () => {
    ca = pem((await api.ca.get()).ca.certificate);
    const [row] = await eventually(() => query(admin, "select current_user, current_setting('server_version') as version", ca));
    assert.equal(row.current_user, 'doadmin');
    assert.match(row.version, /^16\./);
  });

  it('is listed, also by its tag', async () => {
    const all = (await databases.get()).databases;
    assert.ok(all.some((each) => each.id === cluster.id));
    const tagged = (await databases.get({ queryParameters: { tagName: tag } })).databases;
    assert.deepEqual(tagged.map((each) => each.id), [cluster.id]);
  });

  it('makes a user, gives it a new password, and removes it', async () => {
    const { user } = await api.users.post({ name: 'anna' });
    assert.equal(user.role, 'normal');
    const login = { ...admin, user: 'anna', password: user.password };
    await eventually(() => query(login, 'select 1', ca));

    assert.deepEqual((await api.users.get()).users.map((each) => each.name).sort(), ['anna', 'doadmin']);
    const anna = api.users.byUsername('anna');
    assert.equal((await anna.get()).user.password, user.password);

    const fresh = (await anna.reset_auth.post({})).user.password;
    assert.notEqual(fresh, user.password);
    await refusedLogin(login, ca);
    await eventually(() => query({ ...login, password: fresh }, 'select 1', ca));

    await anna.delete();
    await assert.rejects(anna.get(), notFound);
    await refusedLogin({ ...login, password: fresh }, ca);
  });

  it('makes a database and removes it', async () => {
    assert.equal((await api.dbs.post({ name: 'harbour' })).db.name, 'harbour');
    await eventually(() => query({ ...admin, database: 'harbour' }, 'create table ship (name text)', ca));

    assert.deepEqual((await api.dbs.get()).dbs.map((each) => each.name).sort(), ['defaultdb', 'harbour']);
    const harbour = api.dbs.byDatabase_name('harbour');
    assert.equal((await harbour.get()).db.name, 'harbour');

    await harbour.delete();
    await assert.rejects(harbour.get(), notFound);
  });

  it('shuts out who is not a trusted source, and opens again', async () => {
    await api.firewall.put({ rules: [{ type: 'ip_addr', value: '192.0.2.0/24' }] });
    const [rule] = (await api.firewall.get()).rules;
    assert.equal(rule.value, '192.0.2.0/24');
    assert.equal(rule.clusterUuid, cluster.id);
    await refusedNetwork(admin, ca);

    await api.firewall.put({ rules: [] });
    assert.deepEqual((await api.firewall.get()).rules, []);
    await eventually(() => query(admin, 'select 1', ca));
  });

  it('has a read-only node', async () => {
    const wish = { name: `${name}-r`, size: 'db-s-1vcpu-1gb', region: 'nyc1' };
    // A node is made of a backup, and the first one may not be there yet: the contract's 412.
    await eventually(async () => assert.equal((await api.replicas.post(wish)).replica.name, wish.name), 60);
    const replica = api.replicas.byReplica_name(wish.name);
    const online = await waitOnline(async () => (await replica.get()).replica, 120);
    const reader = online.connection;
    await eventually(async () =>
      assert.deepEqual(await query(reader, 'select pg_is_in_recovery() as reads', ca), [{ reads: true }]),
    );
    assert.deepEqual((await api.replicas.get()).replicas.map((each) => each.name), [wish.name]);

    await replica.delete();
    await assert.rejects(replica.get(), notFound);
    await refusedNetwork(reader, ca);
  });

  it('has a connection pool that node-postgres prepares statements through', async (test) => {
    const wish = { name: 'shared', mode: 'transaction', size: 1, db: 'defaultdb', user: 'doadmin' };
    let made;
    try {
      made = (await api.pools.post(wish)).pool;
    } catch (failure) {
      if (!/need PgBouncer/.test(failure.messageEscaped)) throw failure;
      test.skip(failure.messageEscaped);
      return;
    }
    const pool = made.connection;
    assert.equal(pool.database, 'shared');
    await eventually(() => query(pool, 'select 1', ca));
    // Two clients take turns on the one connection to the server, which knows each statement of neither at first.
    const clients = [await connect(pool, ca), await connect(pool, ca)];
    try {
      for (const factor of [1, 2, 3]) {
        for (const client of clients) {
          const statement = { name: 'double', text: 'select $1::int * 2 as doubled', values: [factor] };
          assert.deepEqual((await client.query(statement)).rows, [{ doubled: factor * 2 }]);
        }
      }
    } finally {
      await Promise.all(clients.map((client) => client.end()));
    }
    const shared = api.pools.byPool_name('shared');
    await shared.put({ mode: 'session', size: 2, db: 'defaultdb', user: 'doadmin' });
    assert.equal((await shared.get()).pool.mode, 'session');
    await shared.delete();
    await assert.rejects(shared.get(), notFound);
  });

  it('applies a changed configuration', async () => {
    // dots adds the defaults of three other engines (default_read_concern, log_output, ...) to every change of a configuration.
    await api.config.patch({ config: { workMem: 8 } });
    await eventually(async () => assert.deepEqual(await query(admin, 'show work_mem', ca), [{ work_mem: '8MB' }]));

    // dots takes every configuration for Kafka's, which leaves PostgreSQL's settings among the unknown ones.
    const { config } = await api.config.get();
    assert.equal(config.workMem ?? config.additionalData.work_mem, 8);
  });

  it('moves the maintenance window', async () => {
    await api.maintenance.put({ day: 'tuesday', hour: '14:00' });
    const { maintenanceWindow } = (await api.get()).database;
    assert.equal(maintenanceWindow.day, 'tuesday');
    assert.equal(maintenanceWindow.hour, '14:00:00');
  });

  it('tells its backups and events', async () => {
    assert.ok(Array.isArray((await api.backups.get()).backups));
    const { events } = await api.events.get();
    assert.ok(events.some((event) => event.eventType === 'cluster_create' && event.clusterName === name));
  });

  it('is gone once deleted', async () => {
    await api.delete();
    await assert.rejects(api.get(), notFound);
    assert.ok(!(await databases.get()).databases.some((each) => each.id === cluster.id));
    await refusedNetwork(admin, ca);
  });
});
