// A workflow with one step, and how often it has run, in the app's own table: the same code on every SDK.
const http = require('node:http');
const { DBOS } = require('@dbos-inc/dbos-sdk');
const { Client } = require('pg');

async function visits() {
  const client = new Client({ connectionString: process.env.DBOS_DATABASE_URL });
  await client.connect();
  try {
    await client.query('insert into visit default values');
    return Number((await client.query('select count(*) from visit')).rows[0].count);
  } finally {
    await client.end();
  }
}

const visit = DBOS.registerWorkflow(() => DBOS.runStep(visits, { name: 'visits' }), { name: 'visit' });

async function main() {
  DBOS.setConfig({
    name: 'visits',
    databaseUrl: process.env.DBOS_DATABASE_URL,
    systemDatabaseUrl: process.env.DBOS_SYSTEM_DATABASE_URL,
  });
  await DBOS.launch();
  const { version } = require('./node_modules/@dbos-inc/dbos-sdk/package.json');
  http
    .createServer((request, response) => {
      visit().then(
        (count) => response.end(`${JSON.stringify({ sdk: version, visits: count })}\n`),
        (error) => response.writeHead(500).end(`${error.stack}\n`),
      );
    })
    .listen(Number(process.env.PORT));
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
