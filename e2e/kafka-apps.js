import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/*
 * Programs of apps on Kafka, which know the four variables of the guide and nothing else. Each writes a record, reads the topic until it
 * has come to it, and says so there.
 */

const NODE = `
const { Kafka } = require('kafkajs');
const kafka = new Kafka({
  brokers: [process.env.KAFKA_BROKER],
  ssl: { ca: [process.env.KAFKA_CA_CERT] },
  sasl: { mechanism: 'scram-sha-512', username: process.env.KAFKA_USERNAME, password: process.env.KAFKA_PASSWORD },
});
(async () => {
  const producer = kafka.producer();
  await producer.connect();
  await producer.send({ topic: 'languages', acks: -1, messages: [{ value: 'javascript writes' }] });
  const consumer = kafka.consumer({ groupId: 'javascript' });
  await consumer.connect();
  await consumer.subscribe({ topic: 'languages', fromBeginning: true });
  await consumer.run({
    eachMessage: async ({ message }) => {
      if (message.value.toString() === 'javascript writes') {
        await producer.send({ topic: 'languages', acks: -1, messages: [{ value: 'javascript has read it' }] });
      }
    },
  });
})();
`;

const PYTHON = `
import os, ssl, time
from kafka import KafkaConsumer, KafkaProducer
login = dict(
    bootstrap_servers=os.environ['KAFKA_BROKER'], security_protocol='SASL_SSL', sasl_mechanism='SCRAM-SHA-512',
    sasl_plain_username=os.environ['KAFKA_USERNAME'], sasl_plain_password=os.environ['KAFKA_PASSWORD'],
    ssl_context=ssl.create_default_context(cadata=os.environ['KAFKA_CA_CERT']))
producer = KafkaProducer(acks='all', **login)
producer.send('languages', b'python writes').get(30)
for record in KafkaConsumer('languages', group_id='python', auto_offset_reset='earliest', **login):
    if record.value == b'python writes':
        producer.send('languages', b'python has read it').get(30)
`;

const JAVA = `
import java.time.Duration;
import java.util.List;
import java.util.Properties;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

class Client {
    public static void main(String[] arguments) throws Exception {
        var environment = System.getenv();
        var login = new Properties();
        login.put("bootstrap.servers", environment.get("KAFKA_BROKER"));
        login.put("security.protocol", "SASL_SSL");
        login.put("sasl.mechanism", "SCRAM-SHA-256");
        login.put("sasl.jaas.config", String.format(
            "org.apache.kafka.common.security.scram.ScramLoginModule required username=\\"%s\\" password=\\"%s\\";",
            environment.get("KAFKA_USERNAME"), environment.get("KAFKA_PASSWORD")));
        login.put("ssl.truststore.type", "PEM");
        login.put("ssl.truststore.certificates", environment.get("KAFKA_CA_CERT"));
        login.put("acks", "all");
        login.put("group.id", "java");
        login.put("auto.offset.reset", "earliest");
        try (var producer = new KafkaProducer<>(login, new StringSerializer(), new StringSerializer());
                var consumer = new KafkaConsumer<>(login, new StringDeserializer(), new StringDeserializer())) {
            producer.send(new ProducerRecord<>("languages", "java writes")).get();
            consumer.subscribe(List.of("languages"));
            while (true) {
                for (var record : consumer.poll(Duration.ofSeconds(1))) {
                    if (record.value().equals("java writes")) {
                        producer.send(new ProducerRecord<>("languages", "java has read it")).get();
                    }
                }
            }
        }
    }
}
`;

const JARS = ['kafka-clients-', 'slf4j-api-', 'lz4-java-', 'snappy-java-', 'zstd-jni-'];

/** The newest Kafka that the build has fetched; undefined where there is none. */
function jars() {
  const engines = join('..', 'target', 'engines', 'kafka');
  if (!existsSync(engines)) return undefined;
  const folder = join(engines, readdirSync(engines).sort().at(-1));
  return readdirSync(folder)
    .filter((jar) => JARS.some((name) => jar.startsWith(name)))
    .map((jar) => join(folder, jar));
}

/** A repository with the programs and the clients as their registries have them, and the command that runs each of them. */
export function clientsOfKafka() {
  const work = mkdtempSync(join(tmpdir(), 'e2e-kafka-'));
  const repository = join(work, 'repository');
  // Whoever runs the app reads it.
  execFileSync('chmod', ['711', work]);
  mkdirSync(repository, { mode: 0o755 });
  const workers = { javascript: 'exec node client.js' };
  writeFileSync(join(repository, 'client.js'), NODE);
  cpSync('node_modules/kafkajs', join(repository, 'node_modules/kafkajs'), { recursive: true });
  if (process.env.MOORING_PYTHON) {
    const where = execFileSync(process.env.MOORING_PYTHON, ['-c', 'import kafka; print(kafka.__path__[0])'], { encoding: 'utf8' });
    writeFileSync(join(repository, 'client.py'), PYTHON);
    cpSync(where.trim(), join(repository, 'kafka'), { recursive: true });
    workers.python = 'exec python3 client.py';
  }
  if (jars()) {
    mkdirSync(join(repository, 'lib'));
    jars().forEach((jar) => cpSync(jar, join(repository, 'lib', jar.split('/').at(-1))));
    writeFileSync(join(repository, 'Client.java'), JAVA);
    workers.java = "exec java -Xmx64m -XX:+UseSerialGC -XX:CompressedClassSpaceSize=64m -cp 'lib/*' Client.java";
  }
  const git = (...words) => execFileSync('git', ['-C', repository, '-c', 'user.name=e2e', '-c', 'user.email=e2e@example.com', ...words]);
  git('init', '--quiet', '--initial-branch=main');
  git('add', '--force', '.');
  git('commit', '--quiet', '--message', 'Clients of Kafka');
  return { repository, workers, remove: () => rmSync(work, { recursive: true }) };
}
