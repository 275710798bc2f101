import 'reflect-metadata';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { IsInt, MaxLength, Min, MinLength, ValidateNested } from 'class-validator';
import { GraphQLError } from 'graphql';
import { sql } from 'kysely';
import { Arg, Args, ArgsType, buildSchema, Field, InputType, Query, Resolver } from 'type-graphql';
import {
  alreadyExists,
  badUserInput,
  forbidden,
  notFound,
  RowhouseError,
  unavailable,
  versionConflict,
} from '../src/shared/errors.js';
import { query, type Tenancy } from '../src/tenancy/index.js';
import { createDatabase, type TestDatabase } from './support/database.js';
import { type Answer, makeSchema, startServer, type TestServer } from './support/graphql-server.js';
import {
  createOrganization,
  openTenancy,
  type SeededOrganization,
} from './support/organizations.js';

const shared = new Error('the same for all');

class Hostile extends Error {
  override get message(): string {
    throw new Error('no message for you');
  }
}

/** Everything that a resolver may come to throw. */
const THROWN: Record<string, () => unknown> = {
  typeError: () => (undefined as unknown as { secret: string }).secret,
  error: () => {
    throw new Error('relation "tasks" does not exist at /srv/app/src/store.ts:3');
  },
  string: () => {
    throw 'SELECT * FROM users';
  },
  nothing: () => {
    throw null;
  },
  undefinedValue: () => {
    throw undefined;
  },
  object: () => {
    throw { password: 'hunter2' };
  },
  frozen: () => {
    throw Object.freeze(new Error('users_email_key'));
  },
  circular: () => {
    const thrown: Record<string, unknown> = { table: 'users' };
    thrown.self = thrown;
    throw thrown;
  },
  hostile: () => {
    throw new Hostile();
  },
  rejection: () => Promise.reject(new AggregateError([new Error('users')], 'all of users failed')),
  returned: () => new Error('returned, from table users'),
  foreignGraphQLError: () => {
    throw new GraphQLError('column users.secret', { extensions: { code: 'LEAK', table: 'users' } });
  },
  internal: () => {
    throw new RowhouseError('INTERNAL', 'secret of table users', { table: 'users' });
  },
  unserializable: () => Symbol('users'),
};

const VISIBLE: Record<string, () => unknown> = {
  missing: () => {
    throw notFound('task_01h455vb4pex5vsknk084sn02q');
  },
  refused: () => {
    throw forbidden('tasks:write', 'Your role');
  },
  invalid: () => {
    throw badUserInput([{ path: 'input.title', message: 'Must not be empty.' }]);
  },
  stale: () => {
    throw versionConflict(3, { title: 'theirs' });
  },
  taken: () => {
    throw alreadyExists('input.email', 'Somebody has it.');
  },
  away: () => {
    throw unavailable('The database cannot be reached.', new Error('ECONNREFUSED 10.0.0.7'));
  },
  limited: () => {
    throw new RowhouseError('RATE_LIMITED', 'Slow down.', { retryAfterSeconds: 2.5 });
  },
};

const fieldsOf = (thrown: object) =>
  Object.keys(thrown)
    .map((name) => `${name}: String`)
    .join(' ');

const schema = makeSchema(
  `type Query {
     fine: String one: String two: String never: String!
     sqlError: String sqlAgain: String
     child: Child required(n: Int!): String list(input: Filter): String item(in: Item!): String
     ${fieldsOf(THROWN)} ${fieldsOf(VISIBLE)}
   }
   type Child { broken: String! fine: String }
   input Item { title: String! tags: [Tag!] state: State note: String }
   input Tag { name: String! }
   input Filter { and: [Filter!] state: State }
   enum State { PENDING COMPLETED }`,
  {
    Query: {
      fine: () => 'fine',
      one: () => Promise.reject(shared),
      two: () => Promise.reject(shared),
      never: () => null,
      sqlError: (_root, _args, ctx) => ctx.tx.execute(sql`SELECT * FROM nowhere`.compile(query)),
      sqlAgain: (_root, _args, ctx) => ctx.tx.execute(sql`SELECT 1 / 0`.compile(query)),
      child: () => ({ broken: null, fine: 'fine' }),
      required: () => 'fine',
      list: () => 'fine',
      item: () => 'fine',
      ...THROWN,
      ...VISIBLE,
    },
  },
);

@InputType()
class NestedTag {
  @Field()
  @MaxLength(3)
  name!: string;
}

@InputType()
class ValidatedInput {
  @Field()
  @MinLength(3)
  @MaxLength(10)
  title!: string;

  @Field(() => [NestedTag])
  @ValidateNested({ each: true })
  tags!: NestedTag[];
}

@ArgsType()
class ValidatedArgs {
  @Field()
  @IsInt()
  @Min(1)
  first!: number;
}

@Resolver()
class ValidatingResolver {
  @Query(() => String, { nullable: true })
  create(
    @Arg('input', () => ValidatedInput) input: ValidatedInput,
    @Arg('dry') dry: boolean,
  ): string {
    return `${input.title}${dry}`;
  }

  @Query(() => String, { nullable: true })
  page(@Args(() => ValidatedArgs) { first }: ValidatedArgs): string {
    return String(first);
  }
}

let database: TestDatabase;
let tenancy: Tenancy;
let acme: SeededOrganization;
let server: TestServer;

beforeAll(async () => {
  database = await createDatabase();
  tenancy = openTenancy(database);
  acme = await createOrganization(tenancy);
  server = await startServer({ schema, tenancy });
});

beforeEach(() => {
  server.log.length = 0;
});

afterAll(async () => {
  await server?.close();
  await tenancy?.close();
  await database?.drop();
});

const incidents = () => server.log.filter(({ msg }) => msg === 'incident');

const MASKED = {
  message: 'Something went wrong on our side.',
  locations: [expect.anything()],
  path: [expect.any(String)],
  extensions: { code: 'INTERNAL', incidentId: expect.stringMatching(/^[\da-f]{16}$/) },
};

const LEAKS =
  /users|SELECT|hunter2|relation|nowhere|secret|division|22012|42P01|\/srv|\.ts\b|stack|node_modules|10\.0\.0\.7/i;

describe('what a resolver throws without meaning it for clients', () => {
  it.each(Object.keys(THROWN))('%s is masked, and found in the log by its id', async (field) => {
    const answer = await server.query(`{ ${field} }`);
    expect(answer.status).toBe(500);
    expect(answer.data).toBeNull();
    expect(answer.errors).toHaveLength(1);
    const [error] = answer.errors ?? [];
    expect(error).toMatchObject({ message: MASKED.message, extensions: MASKED.extensions });
    expect(answer.text).not.toMatch(LEAKS);
    expect(incidents()).toHaveLength(1);
    expect(incidents()[0]).toMatchObject({
      incidentId: error?.extensions.incidentId,
      requestId: answer.headers.get('x-request-id'),
    });
  });

  it('is masked as well when the database said it', async () => {
    const answer = await server.query('{ sqlError fine }', { as: acme.tenant });
    expect(answer).toMatchObject({ status: 200, data: { sqlError: null, fine: 'fine' } });
    expect(answer.errors).toEqual([MASKED]);
    expect(answer.text).not.toMatch(LEAKS);
    expect(incidents()[0]).toMatchObject({ err: { sqlState: '42P01' }, path: 'sqlError' });
  });

  it('gives siblings that failed of the same fault its own incident, and never 25P02', async () => {
    const answer = await server.query('{ sqlError sqlAgain }', { as: acme.tenant });
    expect(answer.status).toBe(500);
    expect(answer.errors).toHaveLength(2);
    expect(answer.text).not.toContain('25P02');
    expect(JSON.stringify(incidents())).not.toContain('25P02');
  });

  it('is one incident when one error fails many fields', async () => {
    const answer = await server.query('{ one two again: one }');
    const ids = answer.errors?.map(({ extensions }) => extensions.incidentId);
    expect(ids).toHaveLength(3);
    expect(new Set(ids).size).toBe(1);
    expect(incidents()).toHaveLength(1);
  });

  it('is masked when a field that must have a value has none', async () => {
    const answer = await server.query('{ fine never }');
    expect(answer).toMatchObject({ status: 500, data: null, errors: [MASKED] });
    const child = await server.query('{ child { broken fine } }');
    expect(child.errors?.[0]).toMatchObject({
      path: ['child', 'broken'],
      extensions: MASKED.extensions,
    });
  });

  it('is masked when the answer cannot be written as JSON', async () => {
    const circular: Record<string, unknown> = { table: 'users' };
    circular.self = circular;
    const odd = makeSchema('scalar Any type Query { circular: Any big: Any }', {
      Query: { circular: () => circular, big: () => 10n ** 30n },
    });
    const other = await startServer({ schema: odd, tenancy });
    for (const field of ['circular', 'big']) {
      const answer = await other.query(`{ ${field} }`);
      expect(answer).toMatchObject({ status: 500, errors: [{ extensions: MASKED.extensions }] });
      expect(answer.text).not.toMatch(LEAKS);
    }
    await other.close();
  });
});

describe('what is meant for clients', () => {
  const errorOf = async (field: string, expected: object) => {
    const answer = await server.query(`{ ${field} }`);
    expect(answer.errors).toEqual([
      {
        message: expect.any(String),
        locations: [expect.anything()],
        path: [field],
        extensions: expected,
      },
    ]);
    return answer;
  };

  it('keeps its code and its details', async () => {
    await errorOf('missing', { code: 'NOT_FOUND', id: 'task_01h455vb4pex5vsknk084sn02q' });
    await errorOf('refused', { code: 'FORBIDDEN', permission: 'tasks:write' });
    await errorOf('invalid', {
      code: 'BAD_USER_INPUT',
      fields: [{ path: 'input.title', message: 'Must not be empty.' }],
    });
    await errorOf('stale', {
      code: 'VERSION_CONFLICT',
      currentVersion: 3,
      current: { title: 'theirs' },
    });
    await errorOf('taken', { code: 'ALREADY_EXISTS', field: 'input.email' });
    expect(incidents()).toEqual([]);
  });

  it('is answered 200 when the request was understood', async () => {
    for (const field of ['missing', 'refused', 'invalid', 'stale', 'taken']) {
      expect(await server.query(`{ ${field} }`)).toMatchObject({
        status: 200,
        data: { [field]: null },
      });
    }
  });

  it('has a status of its own when it can be retried', async () => {
    const away = await errorOf('away', { code: 'UNAVAILABLE', retryable: true });
    expect(away).toMatchObject({ status: 503, data: null });
    expect(away.headers.get('retry-after')).toBe('1');
    expect(away.text).not.toMatch(LEAKS);
    const limited = await errorOf('limited', { code: 'RATE_LIMITED', retryAfterSeconds: 2.5 });
    expect(limited.status).toBe(429);
    expect(limited.headers.get('retry-after')).toBe('3');
  });

  it('tells the log why the database was away', async () => {
    await server.query('{ away }');
    expect(server.log).toContainEqual(
      expect.objectContaining({
        msg: 'unavailable',
        err: expect.objectContaining({ code: 'UNAVAILABLE' }),
      }),
    );
  });

  it.each([
    ['{ fine away }', 200],
    ['{ fine error }', 200],
    ['{ missing away }', 503],
    ['{ limited away }', 503],
    ['{ away error }', 500],
    ['{ missing refused }', 200],
  ])(
    '%s is answered %d: what succeeded counts first, then the gravest',
    async (document, status) => {
      expect((await server.query(document)).status).toBe(status);
    },
  );

  it('asks who is not signed in to do so, with 401', async () => {
    const answer = await server.query('{ sqlError }');
    expect(answer).toMatchObject({
      status: 401,
      errors: [{ extensions: { code: 'UNAUTHENTICATED' } }],
    });
  });
});

describe('variables that do not fit', () => {
  const faultsOf = async (document: string, variables: Record<string, unknown>) => {
    const answer = await server.query(document, { variables });
    expect(answer.status).toBe(400);
    expect(answer.data).toBeUndefined();
    expect(answer.errors).toHaveLength(1);
    expect(answer.errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT');
    return answer.errors?.[0]?.extensions.fields as { path: string; message: string }[];
  };

  it('are told by the arguments that they were meant for, all at once', async () => {
    const faults = await faultsOf('query ($x: Item!, $n: Int!) { item(in: $x) required(n: $n) }', {
      x: { title: 7, tags: [{ name: 'a' }, { name: null }], state: 'DONE', extra: 1 },
      n: 'many',
    });
    expect(faults.map(({ path }) => path)).toEqual([
      'in.title',
      'in.tags.1.name',
      'in.state',
      'in',
      'n',
    ]);
    expect(faults[0]?.message).toBe('String cannot represent a non string value: 7');
    expect(faults[3]?.message).toContain('Field "extra" is not defined');
  });

  it('are told where they stand inside a literal, and in a fragment by their own name', async () => {
    const literal = await faultsOf('query ($t: String!) { item(in: { title: $t }) }', { t: 1 });
    expect(literal[0]?.path).toBe('in.title');
    const listed = await faultsOf(
      'query ($s: State) { list(input: { and: [{}, { state: $s }] }) }',
      {
        s: 'X',
      },
    );
    expect(listed[0]?.path).toBe('input.and.1.state');
    const spread = await faultsOf(
      'query ($n: Int!) { ...f } fragment f on Query { required(n: $n) }',
      { n: 'x' },
    );
    expect(spread[0]?.path).toBe('n');
  });

  it('are told when they are missing or null', async () => {
    const document = 'query ($n: Int!) { required(n: $n) }';
    expect(await faultsOf(document, {})).toEqual([
      { path: 'n', message: 'A value of required type "Int!" was not provided.' },
    ]);
    expect(await faultsOf(document, { n: null })).toEqual([
      { path: 'n', message: 'A value of non-null type "Int!" must not be null.' },
    ]);
  });

  it('are told for the one field when they only turn out while it runs', async () => {
    const answer = await server.query('query ($n: Int = 1) { fine required(n: $n) }', {
      variables: { n: null },
    });
    expect(answer).toMatchObject({
      status: 200,
      data: { fine: 'fine', required: null },
      errors: [
        { path: ['required'], extensions: { code: 'BAD_USER_INPUT', fields: [{ path: 'n' }] } },
      ],
    });
  });

  it('are told up to a number that a person can read', async () => {
    const faults = await faultsOf('query ($x: Item!) { item(in: $x) }', {
      x: { title: 'a', tags: Array.from({ length: 1_900 }, () => 'not a tag') },
    });
    expect(faults.length).toBeLessThanOrEqual(50);
  });

  const TOO_MANY = {
    status: 400,
    errors: [
      {
        extensions: {
          code: 'GRAPHQL_VALIDATION_FAILED',
          limit: 'variableValues',
          allowed: 2_000,
        },
      },
    ],
  };

  it('are not even looked at when there are very many of them', async () => {
    const document = 'query ($x: Item!) { item(in: $x) }';
    const tags = (count: number) => Array.from({ length: count }, () => 'not a tag');
    // With the object of variables, x, its title and its list, 1,996 more are 2,000.
    const most = await server.query(document, {
      variables: { x: { title: 'a', tags: tags(1_996) } },
    });
    expect(most.errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT');
    for (const count of [1_997, 80_000]) {
      const variables = { x: { title: 'a', tags: tags(count) } };
      expect(await server.query(document, { variables })).toMatchObject(TOO_MANY);
    }
  });

  it('are refused when they nest deeper than anything can follow', async () => {
    const levels = 60_000;
    const body = `{"query":"query ($f: Filter) { list(input: $f) }","variables":{"f":${'{"and":['.repeat(levels)}${']}'.repeat(levels)}}}`;
    const answer = await server.fetch('/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    expect(answer).toMatchObject(TOO_MANY);
  });

  it('do not come back in full', async () => {
    const answer = await server.query('query ($n: Int!) { required(n: $n) }', {
      variables: { n: 'x'.repeat(100_000) },
    });
    expect(answer.text.length).toBeLessThan(2_000);
  });

  it('get no hints about values that exist, once introspection is off', async () => {
    const closed = await startServer({ schema, tenancy, settings: { introspection: false } });
    const ask = (to: TestServer) =>
      to.query('query ($x: Item!) { item(in: $x) }', {
        variables: { x: { title: 'a', state: 'COMPLETE', titel: 1 } },
      });
    const [open, hidden] = await Promise.all([ask(server), ask(closed)]);
    await closed.close();
    expect(open.text).toContain('Did you mean');
    expect(hidden.text).not.toContain('Did you mean');
    expect(hidden.errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT');
  });
});

describe('arguments that class-validator refuses', () => {
  let validating: TestServer;

  beforeAll(async () => {
    const validated = await buildSchema({
      resolvers: [ValidatingResolver],
      validate: true,
      // Asked for on behalf of every resolver class that this process knows.
      authChecker: () => true,
    });
    validating = await startServer({ schema: validated, tenancy });
  });

  afterAll(async () => {
    await validating?.close();
  });

  const fieldsIn = ({ errors }: Answer) => {
    expect(errors).toHaveLength(1);
    expect(errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT');
    return errors?.[0]?.extensions.fields;
  };

  const EXPECTED = [
    { path: 'input.title', message: 'title must be longer than or equal to 3 characters' },
    { path: 'input.tags.1.name', message: 'name must be shorter than or equal to 3 characters' },
  ];

  it('name every fault with its path, from literals', async () => {
    const answer = await validating.query(
      '{ create(dry: true, input: { title: "a", tags: [{ name: "ok" }, { name: "much too long" }] }) }',
    );
    expect(fieldsIn(answer)).toEqual(EXPECTED);
    expect(answer).toMatchObject({ status: 200, data: { create: null } });
    expect(answer.text).not.toMatch(/validationErrors|constraints|"target"|"value"/);
  });

  it('name every fault with its path, from variables', async () => {
    const answer = await validating.query(
      'query ($in: ValidatedInput!) { create(dry: false, input: $in) }',
      { variables: { in: { title: 'a', tags: [{ name: 'ok' }, { name: 'much too long' }] } } },
    );
    expect(fieldsIn(answer)).toEqual(EXPECTED);
  });

  it('need no prefix in a class of arguments', async () => {
    expect(fieldsIn(await validating.query('{ page(first: 0.5) }'))).toEqual([
      { path: 'first', message: 'first must not be less than 1' },
      { path: 'first', message: 'first must be an integer number' },
    ]);
  });
});
