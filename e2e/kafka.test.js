import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Kafka, logLevel } from 'kafkajs';
import { pem, token, uniqueName, url } from './support.js';

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

  it('is read by kafka-python too', { skip: !process.env.MOORING_PYTHON && 'no Python with kafka-python' }, () => {
    const said = execFileSync(process.env.MOORING_PYTHON, ['-c', PYTHON], { env: variables, encoding: 'utf8' });
    assert.deepEqual(said.trim().split('\n'), ['ahoy', 'from Python']);
  });

  it('is refused with another password', async () => {
    const admin = client('scram-sha-256', { password: 'wrong' }).admin();
    await assert.rejects(admin.connect(), /[Aa]uthentication failed/);
  });
});
