const { parseConfigFile } = require('@dbos-inc/dbos-sdk');

const [{ poolConfig }] = parseConfigFile();

module.exports = {
  client: 'pg',
  connection: {
    host: poolConfig.host,
    port: poolConfig.port,
    user: poolConfig.user,
    password: poolConfig.password,
    database: poolConfig.database,
    ssl: poolConfig.ssl,
  },
  migrations: { directory: './migrations' },
};
