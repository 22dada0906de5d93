import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import dotsWrapper from 'dots-wrapper';
import { eventually, pem, query, refusedLogin, refusedNetwork, token, uniqueName, url, waitOnline } from './support.js';

const { database: api } = dotsWrapper.createApiClient({ token, endpoint: `${url}/v2` });

const notFound = (error) => {
  assert.equal(error.response.status, 404);
  assert.equal(error.response.data.id, 'not_found');
  assert.ok(error.response.data.message);
  return true;
};

// dots-wrapper has no call for the CA, so this one goes around it.
async function fetchCa(id) {
  const answer = await fetch(`${url}/v2/databases/${id}/ca`, { headers: { authorization: `Bearer ${token}` } });
  assert.equal(answer.status, 200);
  return pem((await answer.json()).ca.certificate);
}

describe('dots-wrapper', () => {
  const name = uniqueName('wrapper');
  let cluster;
  let of;
  let admin;
  let ca;

  before(async () => {
    const { status, data } = await api.createDatabaseCluster({
      name,
      engine: 'pg',
      version: '16',
      size: 'db-s-1vcpu-1gb',
      region: 'nyc3',
      num_nodes: 1,
      tags: ['e2e'],
    });
    assert.equal(status, 201);
    cluster = data.database;
    of = { database_cluster_id: cluster.id };
  });

  after(async () => {
    if (cluster) await api.destroyDatabaseCluster(of).catch(() => {});
  });

  const get = async () => (await api.getDatabaseCluster(of)).data.database;

  it('offers PostgreSQL 16 in nyc3', async () => {
    const { options, version_availability } = (await api.listDatabaseOptions()).data;
    assert.ok(options.pg.versions.includes('16'));
    assert.ok(options.pg.regions.includes('nyc3'));
    assert.ok(version_availability.pg.some((each) => each.version === '16'));
  });

  it('answers a creation with all that a client needs', () => {
    assert.equal(cluster.name, name);
    assert.equal(cluster.status, 'creating');
    assert.deepEqual(cluster.tags, ['e2e']);
    assert.match(cluster.created_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    assert.match(cluster.connection.uri, /^postgresql:\/\/doadmin:.+@.+:\d+\/defaultdb\?sslmode=require$/);
  });

  it('comes online and keeps the connection it announced', async () => {
    const online = await waitOnline(get);
    assert.deepEqual(online.connection, cluster.connection);
    assert.match(online.semantic_version, /^16\./);
    admin = online.connection;
  });

  it('serves a real connection, whose certificate the CA has signed', async () => {
    ca = await fetchCa(cluster.id);
    const [row] = await eventually(() => query(admin, 'select current_user as me, current_database() as here', ca));
    assert.deepEqual(row, { me: 'doadmin', here: 'defaultdb' });
  });

  it('is listed', async () => {
    // 25 clusters are this client's page when it is not told more.
    const { databases, meta } = (await api.listDatabaseClusters({ per_page: 200 })).data;
    assert.ok(databases.some((each) => each.id === cluster.id));
    assert.ok(meta.total >= databases.length);
  });

  it('makes a user and removes it', async () => {
    const anna = { ...of, user_name: 'anna' };
    const { user } = (await api.createDatabaseClusterUser(anna)).data;
    assert.equal(user.role, 'normal');
    const login = { ...admin, user: 'anna', password: user.password };
    await eventually(() => query(login, 'select 1', ca));

    const { users } = (await api.listDatabaseClusterUsers(of)).data;
    assert.deepEqual(users.map((each) => each.name).sort(), ['anna', 'doadmin']);
    assert.equal((await api.getDatabaseClusterUser(anna)).data.user.password, user.password);

    assert.equal((await api.removeDatabaseClusterUser(anna)).status, 204);
    await assert.rejects(api.getDatabaseClusterUser(anna), notFound);
    await refusedLogin(login, ca);
  });

  it('makes a database and removes it', async () => {
    const harbour = { ...of, db_name: 'harbour' };
    assert.equal((await api.createDatabaseClusterDb(harbour)).data.db.name, 'harbour');
    await eventually(() => query({ ...admin, database: 'harbour' }, 'create table ship (name text)', ca));

    const { dbs } = (await api.listDatabaseClusterDbs(of)).data;
    assert.deepEqual(dbs.map((each) => each.name).sort(), ['defaultdb', 'harbour']);
    assert.equal((await api.getDatabaseClusterDb(harbour)).data.db.name, 'harbour');

    assert.equal((await api.deleteDatabaseClusterDb(harbour)).status, 204);
    await assert.rejects(api.getDatabaseClusterDb(harbour), notFound);
  });

  it('shuts out who is not a trusted source, and opens again', async () => {
    const rules = [{ type: 'ip_addr', value: '192.0.2.0/24' }];
    assert.equal((await api.updateDatabaseClusterFirewallRules({ ...of, rules })).status, 204);
    const [rule] = (await api.listDatabaseClusterFirewallRules(of)).data.rules;
    assert.equal(rule.value, '192.0.2.0/24');
    assert.ok(rule.uuid);
    await refusedNetwork(admin, ca);

    await api.updateDatabaseClusterFirewallRules({ ...of, rules: [] });
    assert.deepEqual((await api.listDatabaseClusterFirewallRules(of)).data.rules, []);
    await eventually(() => query(admin, 'select 1', ca));
  });

  it('moves the maintenance window', async () => {
    await api.configureDatabaseClusterMaintenanceWindow({ ...of, day: 'tuesday', hour: '14:00' });
    const { maintenance_window } = await get();
    assert.equal(maintenance_window.day, 'tuesday');
    assert.equal(maintenance_window.hour, '14:00:00');
  });

  it('tells its backups', async () => {
    assert.ok(Array.isArray((await api.listDatabaseClusterBackups(of)).data.backups));
  });

  it('refuses what belongs to another engine', async () => {
    await assert.rejects(api.getDatabaseClusterSqlMode(of), (error) => {
      assert.equal(error.response.status, 422);
      assert.equal(error.response.data.id, 'unprocessable_entity');
      return true;
    });
  });

  it('is gone once deleted', async () => {
    assert.equal((await api.destroyDatabaseCluster(of)).status, 204);
    await assert.rejects(get(), notFound);
    await refusedNetwork(admin, ca);
  });
});
