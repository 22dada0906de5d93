const { DataSource } = require('typeorm');

class Visit1735689600000 {
  up(runner) {
    return runner.query('create table visit (id serial primary key)');
  }

  down(runner) {
    return runner.query('drop table visit');
  }
}

module.exports = new DataSource({
  type: 'postgres',
  url: process.env.DBOS_DATABASE_URL,
  migrations: [Visit1735689600000],
});
