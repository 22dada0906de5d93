import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createDigitalOceanClient, DigitalOceanApiKeyAuthenticationProvider } from '@digitalocean/dots';
import { FetchRequestAdapter } from '@microsoft/kiota-http-fetchlibrary';
import { Kafka, logLevel } from 'kafkajs';
import { clientsOfKafka } from './kafka-apps.js';
import { token, uniqueAppName, uniqueName, url } from './support.js';

async function call(method, path, body) {
  const answer = await fetch(url + path, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: body && JSON.stringify(body),
  });
  const text = await answer.text();
  assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${text}`);
  return text && JSON.parse(text);
}

const apps = process.env.MOORING_APPS_RUNTIME === 'local';

/** Of an app whose workers do not do what they should. */
async function saidOf(app, workers) {
  const { deployments } = await call('GET', `/v2/apps/${app}/deployments`);
  const logs = await Promise.all(
    workers.map(async (name) => {
      const { live_url, historic_urls } = await call('GET', `/v2/apps/${app}/components/${name}/logs?type=RUN`);
      const where = historic_urls?.[0] ?? live_url;
      return `${name}: ${where ? await (await fetch(where)).text() : 'has said nothing'}`;
    }),
  );
  return `${JSON.stringify(deployments[0])}\n${logs.join('\n')}`;
}

/** What was written before, and what it writes itself. */
const PYTHON = `
import os, ssl
from kafka import KafkaConsumer, KafkaProducer
login = dict(
    bootstrap_servers=os.environ['KAFKA_BROKER'], security_protocol='SASL_SSL', sasl_mechanism='SCRAM-SHA-256',
    sasl_plain_username=os.environ['KAFKA_USERNAME'], sasl_plain_password=os.environ['KAFKA_PASSWORD'],
    ssl_context=ssl.create_default_context(cadata=os.environ['KAFKA_CA_CERT']))
producer = KafkaProducer(acks='all', **login)
producer.send('greetings', b'from Python').get(30)
producer.close()
consumer = KafkaConsumer('greetings', auto_offset_reset='earliest', consumer_timeout_ms=30000, **login)
for _, record in zip(range(2), consumer):
    print(record.value.decode())
consumer.close()
`;

/** A Kafka cluster with kafkajs, which knows nothing of it but the four variables that the guide names. */
describe('kafkajs', { timeout: 300_000 }, () => {
  let id;
  let variables;

  before(async () => {
    const offered = await call('GET', '/v2/databases/options');
    assert.ok(offered.options.kafka, 'this Mooring offers no Kafka');
    const { database } = await call('POST', '/v2/databases', {
      name: uniqueName('kafkajs'),
      engine: 'kafka',
      num_nodes: 1,
      size: 'db-s-2vcpu-2gb',
      region: 'nyc1',
    });
    id = database.id;
    for (let status = database.status; status !== 'online'; await sleep(250)) {
      ({ status } = (await call('GET', `/v2/databases/${id}`)).database);
      assert.notEqual(status, 'failed');
    }
    const { ca } = await call('GET', `/v2/databases/${id}/ca`);
    variables = {
      KAFKA_BROKER: `${database.connection.host}:${database.connection.port}`,
      KAFKA_USERNAME: database.connection.user,
      KAFKA_PASSWORD: database.connection.password,
      KAFKA_CA_CERT: Buffer.from(ca.certificate, 'base64').toString(),
    };
  });

  after(async () => {
    if (id) await call('DELETE', `/v2/databases/${id}`);
  });

  const client = (mechanism, more = {}) =>
    new Kafka({
      brokers: [variables.KAFKA_BROKER],
      ssl: { ca: [variables.KAFKA_CA_CERT] },
      sasl: { mechanism, username: variables.KAFKA_USERNAME, password: variables.KAFKA_PASSWORD, ...more },
      logLevel: logLevel.NOTHING,
      retry: { retries: 3 },
    });

  it('writes with one mechanism and reads with the other', async () => {
    await call('POST', `/v2/databases/${id}/topics`, { name: 'greetings', partition_count: 1 });
    const producer = client('scram-sha-256').producer();
    await producer.connect();
    await producer.send({ topic: 'greetings', acks: -1, messages: [{ key: 'a', value: 'ahoy' }] });
    await producer.disconnect();

    const consumer = client('scram-sha-512').consumer({ groupId: 'readers' });
    await consumer.connect();
    await consumer.subscribe({ topic: 'greetings', fromBeginning: true });
    const value = await new Promise((found, failed) => {
      consumer.run({ eachMessage: async ({ message }) => found(message.value.toString()) }).catch(failed);
    });
    await consumer.disconnect();
    assert.equal(value, 'ahoy');
  });

  it('obeys the rules that @digitalocean/dots makes', async () => {
    const adapter = new FetchRequestAdapter(new DigitalOceanApiKeyAuthenticationProvider(token));
    adapter.baseUrl = url;
    const api = createDigitalOceanClient(adapter).v2.databases.byDatabase_cluster_uuid(id);
    await api.topics.post({ name: 'ruled', partitionCount: 2, replicationFactor: 1, config: { retentionMs: 3_600_000 } });
    const { topic } = await api.topics.byTopic_name('ruled').get();
    assert.equal(topic.state, 'active');
    assert.deepEqual(topic.partitions.map((one) => one.id), [0, 1]);
    assert.ok((await api.topics.get()).topics.some((one) => one.name === 'ruled' && one.partitionCount === 2));
    const { user } = await api.users.post({ name: 'clerk', settings: { acl: [{ topic: 'ruled', permission: 'produce' }] } });
    assert.equal(user.settings.acl[0].permission, 'produce');
    const clerk = client('scram-sha-512', { username: 'clerk', password: user.password }).producer();
    await clerk.connect();
    await clerk.send({ topic: 'ruled', acks: -1, messages: [{ value: 'allowed' }] });
    await assert.rejects(clerk.send({ topic: 'greetings', acks: -1, messages: [{ value: 'not allowed' }] }), /[Aa]uthorized/);
    await clerk.disconnect();
    await api.users.byUsername('clerk').delete();
    await api.topics.byTopic_name('ruled').delete();
  });

  it('is read by kafka-python too', { skip: !process.env.MOORING_PYTHON && 'no Python with kafka-python' }, () => {
    const said = execFileSync(process.env.MOORING_PYTHON, ['-c', PYTHON], { env: variables, encoding: 'utf8' });
    assert.deepEqual(said.trim().split('\n'), ['ahoy', 'from Python']);
  });

  /** The guide's section, with a worker in each language; each says in the topic that it has read what it wrote. */
  it('serves an app of three languages with the four variables of the guide', { skip: !apps && 'this Mooring runs no apps' }, async () => {
    await call('POST', `/v2/databases/${id}/topics`, { name: 'languages', partition_count: 1 });
    const { database } = await call('GET', `/v2/databases/${id}`);
    const { repository, workers, remove } = clientsOfKafka();
    const spec = {
      name: uniqueAppName('kafka'),
      databases: [{ engine: 'KAFKA', name: 'your-kafka-instance-name', production: true, cluster_name: database.name }],
      envs: [
        { key: 'KAFKA_BROKER', value: '${your-kafka-instance-name.HOSTNAME}:${your-kafka-instance-name.PORT}' },
        { key: 'KAFKA_USERNAME', value: '${your-kafka-instance-name.USERNAME}' },
        { key: 'KAFKA_PASSWORD', value: '${your-kafka-instance-name.PASSWORD}' },
        { key: 'KAFKA_CA_CERT', value: '${your-kafka-instance-name.CA_CERT}' },
      ],
      workers: Object.entries(workers).map(([name, run_command]) => ({
        name,
        git: { repo_clone_url: `file://${repository}`, branch: 'main' },
        run_command,
      })),
    };
    const { app } = await call('POST', '/v2/apps', { spec });
    const consumer = client('scram-sha-256').consumer({ groupId: 'examiners' });
    try {
      const missing = new Set(Object.keys(workers).map((name) => `${name} has read it`));
      await consumer.connect();
      await consumer.subscribe({ topic: 'languages', fromBeginning: true });
      await Promise.race([
        new Promise((all) => {
          consumer.run({
            eachMessage: async ({ message }) => {
              missing.delete(message.value.toString());
              if (missing.size === 0) all();
            },
          });
        }),
        sleep(150_000, undefined, { ref: false }),
      ]);
      if (missing.size > 0) assert.fail(`${[...missing]}: ${await saidOf(app.id, Object.keys(workers))}`);
    } finally {
      await consumer.disconnect();
      await call('DELETE', `/v2/apps/${app.id}`);
      remove();
    }
  });

  it('is refused with another password', async () => {
    const admin = client('scram-sha-256', { password: 'wrong' }).admin();
    await assert.rejects(admin.connect(), /[Aa]uthentication failed/);
  });
});
