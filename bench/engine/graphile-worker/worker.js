// graphile-worker in a process of its own, kept over all rounds so that its JIT is as warm as the JVM's. A line on
// standard input is a command, a line of JSON on standard output its answer.
import { EventEmitter } from "node:events";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { Logger, run, runMigrations } from "graphile-worker";
import pg from "pg";

const [connectionString, slots] = process.argv.slice(2);
const pool = new pg.Pool({ connectionString, max: 20 });
// It asks for both; a lost connection shows in the next query.
pool.on("error", () => {});
pool.on("connect", (client) => client.on("error", () => {}));
// By default each finished job is a line on the console, which the others do not write either.
const logger = new Logger(() => () => {});

function start(task) {
  const events = new EventEmitter();
  const runner = run({
    pgPool: pool,
    concurrency: Number(slots),
    noHandleSignals: true,
    logger,
    events,
    taskList: { noop: task },
  });
  return { events, runner };
}

/** From the first job's start to the moment when the last one's row is gone, in ms. */
async function drain(jobs) {
  let first;
  let ended = 0;
  const { events, runner } = start(() => {
    first ??= performance.now();
  });
  await new Promise((resolve) => events.on("job:complete", () => ++ended === jobs && resolve()));
  // The event comes before the row is gone.
  while ((await pool.query("select from graphile_worker._private_jobs limit 1")).rowCount > 0) {}
  const millis = performance.now() - first;
  await (await runner).stop();
  return { millis };
}

/** From the call that queues a job to its start, in ms. */
async function trickle(perSecond, jobs) {
  const latencies = [];
  let finish;
  const finished = new Promise((resolve) => (finish = resolve));
  const runner = await start(({ queuedAt }) => {
    latencies.push(performance.now() - queuedAt);
    if (latencies.length === jobs) finish();
  }).runner;
  const begin = performance.now();
  for (let queued = 0; queued < jobs; queued++) {
    const wait = begin + (queued * 1000) / perSecond - performance.now();
    if (wait > 0) await sleep(wait);
    runner.addJob("noop", { queuedAt: performance.now() });
  }
  await finished;
  await runner.stop();
  return { latencies };
}

await runMigrations({ pgPool: pool, logger });
const commands = { ready: async () => ({}), drain, trickle };
for await (const line of createInterface({ input: process.stdin })) {
  const [name, ...numbers] = line.split(" ");
  console.log(JSON.stringify(await commands[name](...numbers.map(Number))));
}
await pool.end();
