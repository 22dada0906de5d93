import { GetApi, HandlerContext, PostApi, Transaction, TransactionContext, Workflow, WorkflowContext } from '@dbos-inc/dbos-sdk';
import { Knex } from 'knex';

const RELEASE = 'one';

/** Todos, added by workflows and read by transactions. */
export class Todos {
  @GetApi('/release')
  static async release(_context: HandlerContext) {
    return { release: RELEASE, greeting: process.env.GREETING ?? null };
  }

  @GetApi('/todos')
  @Transaction({ readOnly: true })
  static async list(context: TransactionContext<Knex>) {
    return (await context.client('todos').orderBy('id')).map((todo) => todo.title);
  }

  @Transaction()
  static async insert(context: TransactionContext<Knex>, title: string) {
    await context.client('todos').insert({ title });
    return title;
  }

  @PostApi('/todos')
  @Workflow()
  static async add(context: WorkflowContext, title: string) {
    return context.invoke(Todos).insert(title);
  }
}
