module.exports = { client: 'pg', connection: process.env.DBOS_DATABASE_URL };
