exports.up = (knex) => knex.schema.createTable('visit', (table) => table.increments('id'));
exports.down = (knex) => knex.schema.dropTable('visit');
