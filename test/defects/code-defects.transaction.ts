// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the changes are texts of sources.
import type { CodeDefect, Replacement } from './defect.js';

const TENANT = 'src/tenancy/tenant.ts';
const TENANCY = 'src/tenancy/tenancy.ts';
const TRANSACTION = 'src/tenancy/request-transaction.ts';
const CONNECTION = 'src/tenancy/renewable-connection.ts';
const BEGINNING = 'src/tenancy/transaction-beginning.ts';
const TESTS = 'test/tenancy.test.ts';
const FORESIGHT = 'test/foresight.test.ts';
const SHOPPERS = 'test/tenancy-shopper.test.ts';
const PITFALLS = 'test/isolation-pitfalls.test.ts';

/** A change of what is sent as the beginning; the context stands behind it, on the same line. */
const begin = (to: string): Replacement => ({
  file: BEGINNING,
  from: '`${begin}; ',
  to,
});

/** The transaction of one request, and the context in which it runs. */
export const TRANSACTION_DEFECTS: readonly CodeDefect[] = [
  {
    name: 'the organization is set for the session',
    pitfall: 17,
    changes: [{ file: TENANT, from: '`SET LOCAL app.current_org', to: '`SET app.current_org' }],
    tryFirst: { files: [TESTS], tests: 'goes back to the pool' },
  },
  {
    name: 'the organization is never set',
    pitfall: 3,
    changes: [begin('`${begin} -- ')],
    tryFirst: { files: [TESTS], tests: 'shows a query that names no organization' },
  },
  {
    name: 'the organization is set for writing only',
    pitfall: 3,
    changes: [begin("`${begin}; ${this.access === 'read' ? '-- ' : ''}")],
    tryFirst: { files: [TESTS], tests: 'shows a query that names no organization' },
  },
  {
    name: 'the organization is set outside of any transaction',
    pitfall: 17,
    changes: [begin('`')],
    tryFirst: { files: [TESTS], tests: 'shows a query that names no organization' },
  },
  {
    name: 'the organization is set behind the first savepoint',
    pitfall: 18,
    changes: [
      begin('`${begin}; ${first}; '),
      {
        file: BEGINNING,
        from: 'send(connection: TransactionConnection): Promise<unknown> {',
        to: "send(connection: TransactionConnection, first = 'SELECT'): Promise<unknown> {",
      },
      {
        file: CONNECTION,
        from: 'this.#beginning.send(connection);',
        to: 'this.#beginning.send(connection, this.#savepoints.take());',
      },
    ],
    tryFirst: { files: [TESTS], tests: 'keep the context when one is rolled back' },
  },
  {
    name: 'an organization that is no UUID goes into the statement',
    pitfall: 29,
    changes: [
      {
        file: TENANT,
        from: "if (!isUuid(orgId)) throw new TypeError('Tenant.orgId is not a UUID');",
        to: '',
      },
    ],
    tryFirst: { files: [TESTS], tests: 'not a UUID' },
  },
  {
    name: 'a user that is no UUID goes into the statement',
    pitfall: 29,
    changes: [
      {
        file: TENANT,
        from: "if (userId !== null && !isUuid(userId)) throw new TypeError('Tenant.userId is not a UUID');",
        to: '',
      },
    ],
    tryFirst: { files: [TESTS], tests: 'not a UUID' },
  },
  {
    name: 'a machine acts as the user that the connection was left with',
    pitfall: 17,
    changes: [
      {
        file: TENANT,
        from: "; SET LOCAL app.current_user_id = '${userId ?? ''}'`",
        to: "${userId === null ? '' : `; SET LOCAL app.current_user_id = '${userId}'`}`",
      },
    ],
    tryFirst: { files: [TESTS], tests: 'a tenant transaction' },
  },
  {
    name: 'queries may write',
    changes: [{ file: BEGINNING, from: 'REPEATABLE READ READ ONLY', to: 'REPEATABLE READ' }],
    tryFirst: { files: [TESTS], tests: 'refuses to write in a read' },
  },
  {
    name: 'a query sees what others commit meanwhile',
    changes: [
      { file: BEGINNING, from: 'REPEATABLE READ READ ONLY', to: 'READ COMMITTED READ ONLY' },
    ],
    tryFirst: { files: [TESTS], tests: 'sees one snapshot' },
  },
  {
    name: 'a handle lives on after its transaction',
    pitfall: 27,
    changes: [
      {
        file: TRANSACTION,
        from: 'if (this.#revoked) throw new HandleRevokedError();',
        to: '',
      },
    ],
    tryFirst: { files: [PITFALLS], tests: 'pitfall 27' },
  },
  {
    name: 'a transaction ends while statements of it are under way',
    pitfall: 27,
    changes: [
      {
        file: TRANSACTION,
        from: 'this.#revoked = true;\n    await this.#idle();',
        to: 'this.#revoked = true;',
      },
    ],
    tryFirst: { files: [TESTS], tests: 'was held open' },
  },
  {
    name: 'Prisma is given a connection of its own',
    pitfall: 3,
    changes: [
      {
        file: TRANSACTION,
        from: '    pool: ConnectionPool,\n',
        to: '    readonly pool: ConnectionPool,\n',
      },
      {
        file: TRANSACTION,
        from: 'this.#run(({ pooled }) => work(pooled.prisma));',
        to: `this.#run(async () => {
        const other = await this.pool.acquire();
        return work(other.prisma).finally(() => this.pool.release(other));
      });`,
      },
    ],
    tryFirst: { files: [TESTS], tests: 'shows Prisma, asked for everything' },
  },
  {
    name: 'all requests share the PrismaClient of the first one',
    pitfall: 27,
    changes: [
      {
        file: 'src/tenancy/tenant-prisma.ts',
        from: 'const extended = facade.$extends({',
        to: 'first ??= facade.$extends({',
      },
      {
        file: 'src/tenancy/tenant-prisma.ts',
        from: 'return extended as unknown as PrismaClient;',
        to: 'return first as PrismaClient;',
      },
      {
        file: 'src/tenancy/tenant-prisma.ts',
        from: 'let facade: PrismaClient | undefined;',
        to: 'let facade: PrismaClient | undefined;\nlet first: unknown;',
      },
    ],
    tryFirst: { files: [TESTS], tests: 'shows Prisma, asked for everything' },
  },
  {
    name: 'the caller is told before the commit is acknowledged',
    changes: [
      {
        file: TENANCY,
        from: 'await tx.commit();',
        to: 'void tx.commit().catch(() => undefined);',
      },
    ],
    tryFirst: { files: [TESTS], tests: 'outcome is unknown' },
  },
  {
    name: 'work that failed is kept',
    changes: [{ file: TENANCY, from: 'await tx.rollback();', to: 'await tx.commit();' }],
    tryFirst: { files: [TESTS], tests: 'has rolled back when its work rejects' },
  },
  {
    name: 'a transaction whose work failed is forgotten, and its connection with it',
    pitfall: 30,
    changes: [{ file: TENANCY, from: 'await tx.rollback();', to: '' }],
    tryFirst: { files: [PITFALLS], tests: 'empty after every way' },
    mayHang: true,
  },
  {
    name: 'a transaction is begun again although it has been answered',
    changes: [{ file: CONNECTION, from: '!lost || isOver || ', to: '!lost || ' }],
    tryFirst: { files: [TESTS], tests: 'lost midway' },
  },
  {
    name: 'a statement is answered without its transaction',
    pitfall: 3,
    changes: [{ file: CONNECTION, from: 'if (!this.#answered) await this.#begun;', to: '' }],
    tryFirst: { files: ['test/faults.test.ts'], tests: 'could not begin' },
  },
  {
    name: 'siblings of a failed statement are told that the transaction is aborted',
    pitfall: 26,
    changes: [
      {
        file: 'src/tenancy/first-failure.ts',
        from: "new Set(['25P02', '26000'])",
        to: 'new Set<string>()',
      },
    ],
    tryFirst: { files: [TESTS], tests: 'gives its siblings its own error' },
  },
  {
    name: 'a failed statement that was swallowed is reported as success',
    changes: [{ file: TRANSACTION, from: 'throw obstacle;\n    }', to: 'return;\n    }' }],
    tryFirst: { files: [TESTS], tests: 'was swallowed' },
  },
  {
    name: 'a session that has ended goes on',
    changes: [
      {
        file: BEGINNING,
        from: 'if (answers.every(({ rows }) => rows.length > 0)) return;',
        to: 'if (answers) return;',
      },
    ],
    tryFirst: { files: ['test/tenancy-precondition.test.ts'] },
  },
  {
    name: 'a transaction that is refused commits what it wrote',
    changes: [
      {
        file: TRANSACTION,
        from: 'const obstacle = this.#beginning.refusal ?? failure.error;',
        to: 'const obstacle = failure.error;',
      },
    ],
    tryFirst: { files: ['test/tenancy-precondition.test.ts'] },
  },
  {
    name: 'units have no savepoint',
    pitfall: 26,
    changes: [{ file: TRANSACTION, from: "if (!alone) this.#savepoints.plan('unit');", to: '' }],
    tryFirst: { files: [TESTS], tests: 'units' },
  },
  {
    name: 'a unit that failed keeps what it wrote',
    pitfall: 26,
    changes: [
      {
        file: 'src/tenancy/savepoints.ts',
        from: '`ROLLBACK TO SAVEPOINT ${savepoint}; RELEASE',
        to: '`RELEASE',
      },
    ],
    tryFirst: { files: [TESTS], tests: 'units' },
  },
  {
    name: 'a read behind a write has no savepoint',
    pitfall: 26,
    changes: [{ file: TRANSACTION, from: "this.#savepoints.plan('reads');", to: '' }],
    tryFirst: { files: [TESTS], tests: 'units' },
  },
  {
    name: 'a statement carries a value in its text',
    pitfall: 20,
    changes: [
      {
        file: 'src/work/search/search.store.ts',
        from: "websearch_to_tsquery('english', ${text}))`",
        to: "websearch_to_tsquery('english', ${sql.lit(text)}))`",
      },
    ],
    tryFirst: { files: [PITFALLS], tests: 'pitfall 20' },
  },
  {
    name: 'a read goes on behind its foreseen end',
    changes: [
      {
        file: CONNECTION,
        from: 'if (this.#current?.isEnded) {\n      this.#isWrong',
        to: 'if (!this.#current) {\n      this.#isWrong',
      },
    ],
    tryFirst: { files: [FORESIGHT], tests: 'behind its expected end' },
  },
  {
    name: 'a read that was ended too early is answered with what it found until then',
    changes: [
      {
        file: TENANCY,
        from: 'if (!tx.isWrongAboutEnd) {',
        to: 'if (!tx.isWrongAboutEnd || result) {',
      },
    ],
    tryFirst: { files: [FORESIGHT], tests: 'keeps quiet' },
  },
  {
    name: 'a read is ended before Prisma has sent its statement',
    changes: [{ file: TRANSACTION, from: 'this.#rounds.expectNothing();', to: '' }],
    tryFirst: { files: [FORESIGHT], tests: 'lets Prisma wait' },
  },
  {
    name: 'a shopper is answered as the organization',
    pitfall: 31,
    changes: [
      {
        file: BEGINNING,
        from: 'if (this.tenant.isShopper) ',
        to: 'if (this.tenant.isShopper === null) ',
      },
    ],
    tryFirst: { files: [SHOPPERS], tests: 'sees by raw SQL' },
  },
  {
    name: 'a shopper keeps the role that the organization has acted in',
    pitfall: 31,
    changes: [
      {
        file: TRANSACTION,
        from: 'void connection.send(command);',
        to: '',
      },
    ],
    tryFirst: { files: [SHOPPERS], tests: 'the shopper acts again' },
  },
  {
    name: 'what runs beside a read may be done by the organization',
    pitfall: 31,
    changes: [
      { file: TRANSACTION, from: 'if (!this.#isInUnit) {', to: 'if (this.#isInUnit === null) {' },
    ],
    tryFirst: { files: [SHOPPERS], tests: 'units of mutations alone' },
  },
  {
    name: 'what goes on under way is finished by the organization',
    pitfall: 31,
    changes: [
      {
        file: TRANSACTION,
        from: 'await this.#idle();\n    this.#role.beginTurn();',
        to: 'this.#role.beginTurn();',
      },
    ],
    tryFirst: { files: [SHOPPERS], tests: 'has under way' },
  },
];
