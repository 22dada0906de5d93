exports.up = async (knex) => {
  await knex.schema.createTable('todos', (table) => {
    table.increments('id');
    table.text('title').notNullable();
  });
  // Who migrates: not the user as which the app runs.
  await knex.raw('create table if not exists todos_history as select current_user::text as migrated_by');
};

exports.down = (knex) => knex.schema.dropTable('todos');
