// pg-boss' own schema, with queues: each has a partition of its table of jobs.
import { readFileSync } from 'node:fs';
import PgBoss from 'pg-boss';

const boss = new PgBoss({
  connectionString: process.env.PLAIN_URL,
  ssl: { ca: readFileSync(process.env.CA, 'utf8') },
  supervise: false,
  schedule: false,
});
boss.on('error', (failure) => {
  console.error(failure);
  process.exitCode = 1;
});
await boss.start();
for (const queue of ['mail', 'invoices', 'dead letters']) {
  const name = queue.replaceAll(' ', '-');
  if (!(await boss.getQueue(name))) {
    await boss.createQueue(name, { name, policy: 'stately' });
    for (let i = 0; i < 20; i++) await boss.send(name, { number: i }, { priority: i % 3 });
  }
}
await boss.stop({ graceful: false });
