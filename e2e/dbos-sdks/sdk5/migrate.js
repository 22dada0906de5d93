const { Client } = require('pg');

async function migrate() {
  const client = new Client({ connectionString: process.env.DBOS_DATABASE_URL });
  await client.connect();
  await client.query('create table if not exists visit (id serial primary key)');
  await client.end();
}

migrate().catch((error) => {
  console.error(error);
  process.exit(1);
});
