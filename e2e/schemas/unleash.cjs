// All migrations of Unleash since its first version, by its own migrator.
const { readFileSync } = require('node:fs');
const { migrateDb } = require('unleash-server/dist/migrator');

const url = new URL(process.env.PLAIN_URL);
migrateDb({
  db: {
    driver: 'pg',
    host: url.hostname,
    port: Number(url.port),
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    database: url.pathname.slice(1),
    schema: 'public',
    ssl: { ca: readFileSync(process.env.CA, 'utf8') },
  },
}).catch((failure) => {
  console.error(failure);
  process.exit(1);
});
