import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { buildClientSchema, getIntrospectionQuery } from 'graphql';
import { decodeJwt } from 'jose';
import { newUuid } from '../src/shared/ids.js';
import {
  type Answer,
  type Api,
  type Organization,
  type Person,
  startApi,
  unknownId,
} from './support/api.js';
import { type ArgumentPlace, argumentPlaces } from './support/argument-places.js';
import { isWords, textMeaning } from './support/attacks/text-places.js';
import { fillCart, orderInput, PLACE_ORDER } from './support/filled-cart.js';
import { hostileValues, LONE_SURROGATES, NUL } from './support/hostile-values.js';
import { createPaidOrder } from './support/paid-order.js';
import { postHead, sendRaw } from './support/raw-http.js';
import { AnswerCheck } from './support/safe-answer.js';
import { createStockedProduct } from './support/stocked-product.js';

let api: Api;
let acme: Organization;
let globex: Organization;
let project: ProjectWithTasks;
let foreign: ProjectWithTasks;
let check: AnswerCheck;
let places: ArgumentPlace[];

type ProjectWithTasks = Awaited<ReturnType<Organization['createProject']>>;

beforeAll(async () => {
  api = await startApi();
  acme = await api.createOrganization('acme');
  globex = await api.createOrganization('globex');
  project = await acme.createProject('project', 3);
  foreign = await globex.createProject('project', 3);
  check = await AnswerCheck.of(api.database);
  places = await placesFor(acme, project);
});

afterAll(async () => {
  await api?.close();
});

/** Every place of the API, with this project and its tasks where an operation needs some. */
async function placesFor(
  organization: Organization,
  { id, taskIds }: ProjectWithTasks,
): Promise<ArgumentPlace[]> {
  const { member, owner } = organization;
  const { data } = await api.send(getIntrospectionQuery());
  const ids = {
    proj: id,
    prod: await createStockedProduct(api, organization),
    user: member.id,
    task: taskIds[0],
    role: await createRole(owner),
    cat: await createCategory(owner),
    key: unknownId('key'),
    sec: unknownId('sec'),
    sess: unknownId('sess'),
    inv: unknownId('inv'),
    idp: unknownId('idp'),
    order: unknownId('order'),
    pay: unknownId('pay'),
    cart: unknownId('cart'),
  };
  const all = argumentPlaces(buildClientSchema(data), {
    routes: {
      Project: (inner) => `project(id: "${id}") { ${inner} }`,
      User: (inner) => `viewer { ${inner} }`,
      Task: (inner) => `task(id: "${ids.task}") { ${inner} }`,
      Category: (inner) => `category(id: "${ids.cat}") { ${inner} }`,
      ProductFacets: (inner) => `productFacets { ${inner} }`,
      Product: (inner) => `product(id: "${ids.prod}") { ${inner} }`,
    },
    good: (scalar, field, path) =>
      scalar === 'ID' ? ids[kindOfId(field, path)] : goodValue(scalar, path),
  });
  // Filters within filters are the same thing in every list of tasks: one list is enough.
  return all.filter(
    ({ field, path }) => field === 'Query.tasks' || !/^filter\.(and|or|not)\./.test(path),
  );
}

async function createRole(owner: Person): Promise<string> {
  const { createRole: role } = await owner.ask(
    'mutation ($name: String!) { createRole(input: { name: $name, permissions: [] }) { id } }',
    { name: newUuid() },
  );
  return role.id;
}

async function createCategory(owner: Person): Promise<string> {
  const { createCategory: category } = await owner.ask(
    'mutation { createCategory(input: { name: "category" }) { id } }',
  );
  return category.id;
}

type Kind =
  | 'task'
  | 'prod'
  | 'proj'
  | 'user'
  | 'role'
  | 'key'
  | 'sec'
  | 'sess'
  | 'inv'
  | 'idp'
  | 'cat'
  | 'cart'
  | 'order'
  | 'pay';

/** The kind of thing whose id goes there. */
function kindOfId(field: string, path: string): Kind {
  if (/order/i.test(path)) return 'order';
  if (/^Query\.payment$/.test(field)) return 'pay';
  if (/categor/i.test(path)) return 'cat';
  if (/cart/i.test(path)) return 'cart';
  if (/customer/i.test(path)) return 'user';
  if (/order/i.test(field)) return 'order';
  if (/product/i.test(field) || /product/i.test(path)) return 'prod';
  if (/ApiKey$/.test(field)) return 'key';
  if (/TenantSecret$/.test(field)) return 'sec';
  if (/session/i.test(path)) return 'sess';
  if (/invitation/i.test(path)) return 'inv';
  if (/IdentityProvider$/.test(field)) return 'idp';
  if (/categor(y|ies)/i.test(`${field} ${path}`)) return 'cat';
  if (/role/i.test(path) || /Role$/.test(field)) return /user/i.test(path) ? 'user' : 'role';
  if (/user/i.test(path)) return 'user';
  if (/project/i.test(path)) return 'proj';
  if (/assignee|owner|actor|subject|user/i.test(path)) return 'user';
  if (/project/i.test(field)) return 'proj';
  return /user/i.test(field) ? 'user' : 'task';
}

function goodValue(scalar: string, path: string): unknown {
  const meaning = textMeaning(scalar, path);
  if (isWords(meaning)) return meaning.words[0];
  if (path.endsWith('sku')) return `sku-${newUuid()}`;
  if (path.endsWith('idempotencyKey')) return newUuid();
  switch (scalar) {
    case 'String':
      return path.endsWith('.slug') ? `some-${newUuid()}` : 'some words of text';
    case 'URL':
      return `https://issuer-${newUuid()}.example.com`;
    case 'EmailAddress':
      return `${newUuid()}@example.com`;
    case 'Int':
      return 1;
    case 'Boolean':
      return true;
    case 'DateTime':
      return '2030-01-01T00:00:00Z';
    case 'LocalDate':
      return '2030-01-01';
    case 'SafeInt':
      return 1;
    case 'CurrencyCode':
      return 'EUR';
    case 'CountryCode':
      return 'DE';
    case 'JSONObject':
      return { colour: 'red' };
    default:
      throw new Error(`What would be a good ${scalar}?`);
  }
}

const placesOfKind = (kind: string) => places.filter((place) => place.kind === kind);

/** Sends a value in a place, as an owner. */
const sendIn = (place: ArgumentPlace, value: unknown, { owner } = acme): Promise<Answer> => {
  const { query, variables } = place.operation(value);
  return owner.send(query, variables);
};

/** Runs `work` for each of `items`, a few at a time. */
async function forEach<T>(items: Iterable<T>, work: (item: T) => Promise<unknown>): Promise<void> {
  const queue = [...items].values();
  const worker = async () => {
    for (const item of queue) await work(item);
  };
  await Promise.all(Array.from({ length: 6 }, worker));
}

/** The one error of an answer, with what the API says about the fields in it. */
const faultsOf = ({ errors, text }: Answer) => {
  if (errors?.length !== 1) throw new Error(`Expected one error, got ${text.slice(0, 500)}`);
  const { code, fields } = errors[0].extensions;
  return { code, paths: fields?.map(({ path }: { path: string }) => path) };
};

const badInput = (...paths: string[]) => ({ code: 'BAD_USER_INPUT', paths });

const shown = (value: unknown) => {
  const text = JSON.stringify(value) ?? 'undefined';
  return text.length > 80 ? `${text.slice(0, 80)}… (${text.length})` : text;
};

const works = async () => {
  expect(await acme.viewer.ask('{ viewer { name } }')).toEqual({ viewer: { name: 'viewer' } });
};

const CREATE_TASK = 'mutation ($in: CreateTaskInput!) { createTask(input: $in) { id title } }';
const UPDATE_TASK =
  'mutation ($in: UpdateTaskInput!) { updateTask(input: $in) { id title version } }';

const createTask = (input: object) =>
  acme.member.send(CREATE_TASK, { in: { projectId: project.id, title: 'task', ...input } });

describe('whatever stands in any place of the API', () => {
  /** Of places; together there are all. Each its own test, so that none takes long. */
  const KINDS = [
    'String',
    'EmailAddress',
    'ID',
    'Int',
    'Boolean',
    'DateTime',
    'LocalDate',
    'URL',
    'SafeInt',
    'CurrencyCode',
    'CountryCode',
    'JSONObject',
    'enum',
    'object',
    'list',
  ];

  it.each(KINDS)(
    'is taken or refused with a clear error, and gives nothing away: %s',
    async (kind) => {
      const initech = await api.createOrganization();
      const all = await placesFor(initech, await initech.createProject('project', 1));
      const cases = all
        .filter((place) => place.kind === kind)
        .flatMap((place) => hostileValues(kind).map((value) => ({ place, value })));
      const faults: string[] = [];
      await forEach(cases, async ({ place, value }) => {
        const answer = await sendIn(place, value, initech);
        const found = check.faults(answer);
        const codes = answer.errors?.map(({ extensions }) => extensions.code) ?? [];
        if (![200, 400, 401, 413].includes(answer.status)) found.push(`status ${answer.status}`);
        if (codes.includes('INTERNAL') || codes.includes('UNAVAILABLE')) found.push(`${codes}`);
        if (found.length > 0) faults.push(`${place.name} = ${shown(value)}: ${found.join('; ')}`);
      });
      expect(faults.slice(0, 20)).toEqual([]);
      expect(cases.length).toBeGreaterThan(10);
      await works();
    },
    120_000,
  );

  it('is of one of these kinds, thousands of values in all', () => {
    expect([...new Set(places.map(({ kind }) => kind))].sort()).toEqual([...KINDS].sort());
    const values = places.flatMap(({ kind }) => hostileValues(kind));
    expect(values.length).toBeGreaterThan(3_000);
  });

  it('is named by its path when it is of the wrong type', async () => {
    const unfit: Record<string, unknown> = {
      String: 5,
      EmailAddress: 'nobody',
      ID: 1.5,
      Int: '5',
      Boolean: 'true',
      DateTime: 'tomorrow; or at "noon"; maybe',
      URL: 'accounts.example.com',
      LocalDate: 'yesterday',
      SafeInt: '5',
      CurrencyCode: 'euro',
      CountryCode: 'Germany',
      JSONObject: 'text',
      enum: 'NO_SUCH_VALUE',
      object: 'text',
    };
    const faults: string[] = [];
    await forEach(places, async (place) => {
      if (place.kind === 'list') return;
      const { code, paths } = faultsOf(await sendIn(place, unfit[place.kind]));
      if (code !== 'BAD_USER_INPUT' || `${paths}` !== place.path) {
        faults.push(`${place.name}: ${code} ${paths}`);
      }
    });
    expect(faults).toEqual([]);
  });
});

describe('text', () => {
  it.each([
    ['the NUL character', [NUL]],
    ['half of a surrogate pair', LONE_SURROGATES],
  ])('with %s is refused in every place, by its path', async (_what, texts) => {
    const cases = placesOfKind('String').flatMap((place) => texts.map((text) => ({ place, text })));
    const faults: string[] = [];
    await forEach(cases, async ({ place, text }) => {
      const { code, paths } = faultsOf(await sendIn(place, text));
      if (code !== 'BAD_USER_INPUT' || `${paths}` !== place.path) {
        faults.push(`${place.name} = ${shown(text)}: ${code} ${paths}`);
      }
    });
    expect(faults).toEqual([]);
    expect(cases.length).toBeGreaterThan(20);
  });

  it('with half of a surrogate pair is refused in a literal, escaped or as it is', async () => {
    const inTitle = (title: string) =>
      acme.member.send(
        `mutation { createTask(input: { projectId: "${project.id}", title: "${title}" }) { id } }`,
      );
    for (const title of ['\\ud800', '\\uD83D\\u0041', '\\u{D800}', '\ud800']) {
      const answer = await inTitle(title);
      expect(answer).toMatchObject({ status: 400 });
      expect(faultsOf(answer).code).toBe('GRAPHQL_PARSE_FAILED');
    }
    const nul = await inTitle('a\\u0000b');
    expect(faultsOf(nul)).toEqual(badInput('input.title'));
    expect(await inTitle('\\uD83D\\uDE00 \\u{1F600}')).toMatchObject({ errors: undefined });
  });

  /** Every text that is stored or looked for, and how many characters it may have. */
  const LIMITS: [field: string, path: string, min: number, max: number][] = [
    ['Mutation.createProject', 'input.name', 1, 120],
    ['Mutation.createProject', 'input.description', 0, 10_000],
    ['Mutation.updateProject', 'input.name', 1, 120],
    ['Mutation.updateProject', 'input.description', 0, 10_000],
    ['Mutation.createTask', 'input.title', 1, 200],
    ['Mutation.createTask', 'input.description', 0, 10_000],
    ['Mutation.updateTask', 'input.title', 1, 200],
    ['Mutation.updateTask', 'input.description', 0, 10_000],
    ['Mutation.createCategory', 'input.name', 1, 120],
    ['Mutation.updateCategory', 'input.name', 1, 120],
    ['Query.categories', 'filter.search', 1, 120],
    ['Mutation.createUser', 'input.name', 1, 120],
    ['Mutation.createUser', 'input.password', 12, 128],
    ['Mutation.updateProfile', 'input.name', 1, 120],
    ['Mutation.receiveStock', 'input.note', 0, 500],
    ['Mutation.correctStock', 'input.note', 0, 500],
    ['Mutation.markOrderPaid', 'input.note', 0, 500],
    ['Mutation.shipOrder', 'input.note', 0, 500],
    ['Mutation.deliverOrder', 'input.note', 0, 500],
    ['Mutation.cancelOrder', 'input.note', 0, 500],
    ['Mutation.refundOrder', 'input.note', 0, 500],
    ['Mutation.signIn', 'input.organization', 1, 63],
    ['Mutation.signIn', 'input.email', 1, 254],
    ['Mutation.signIn', 'input.password', 1, 128],
    ['Query.search', 'text', 1, 200],
    ['Mutation.createProduct', 'input.name', 1, 200],
    ['Mutation.createProduct', 'input.description', 0, 10_000],
    ['Mutation.updateProduct', 'input.name', 1, 200],
    ['Mutation.updateProduct', 'input.description', 0, 10_000],
    ['Query.products', 'filter.text', 1, 200],
    ['Query.productFacets', 'filter.text', 1, 200],
    ['Category.products', 'filter.text', 1, 200],
    ['ProductFacets.metadata', 'key', 1, 200],
    ['Query.tasks', 'filter.text', 1, 200],
    ['Query.tasks', 'filter.and.0.text', 1, 200],
    ['Query.tasks', 'filter.or.0.text', 1, 200],
    ['Query.tasks', 'filter.not.text', 1, 200],
    ['Query.projects', 'filter.text', 1, 200],
    ['Project.tasks', 'filter.text', 1, 200],
    ['User.assignedTasks', 'filter.text', 1, 200],
    ['User.projects', 'filter.text', 1, 200],
  ];

  const placeOf = (field: string, path: string) => {
    const found = places.find((place) => place.field === field && place.path === path);
    if (!found) throw new Error(`There is no ${field} ${path}`);
    return found;
  };

  it.each(LIMITS)('%s %s takes %i to %i characters', async (field, path, min, max) => {
    const place = placeOf(field, path);
    const codeFor = async (text: string) => (await sendIn(place, text)).errors?.[0].extensions.code;
    for (const character of ['x', 'é', '😀']) {
      expect(await codeFor(character.repeat(max))).not.toBe('BAD_USER_INPUT');
      const over = await sendIn(place, character.repeat(max + 1));
      expect(faultsOf(over)).toEqual(badInput(path));
      expect(over.errors?.[0].message).toContain(`${max}`);
      expect(over.text.length).toBeLessThan(1_000);
      if (min > 1) expect(await codeFor(character.repeat(min - 1))).toBe('BAD_USER_INPUT');
    }
    for (const blank of ['', ' ', '\t\n', '\u00a0\u3000\ufeff']) {
      const code = await codeFor(blank);
      if (min > 0) expect(code).toBe('BAD_USER_INPUT');
      else expect(code).not.toBe('BAD_USER_INPUT');
    }
  });

  it('comes back as it was sent, whatever characters it has', async () => {
    const texts = [
      '😀👩‍👩‍👧‍👦',
      '\u202eright to left',
      'e\u0301 ﷺ',
      '\u0001\u001b[31m\u007f\uffff',
      "'; --\\",
    ];
    for (const title of texts) {
      const { data } = await createTask({ title, description: title });
      const { task: stored } = await acme.viewer.ask(
        'query ($id: ID!) { task(id: $id) { title description } }',
        { id: data.createTask.id },
      );
      expect(stored).toEqual({ title, description: title });
    }
  });

  it.each(['"', '""', '" or " -', '- - -', 'or', '!&|()<->:*', '\\', "a' :* & b", '<0> 😀'])(
    'to search for may be %s',
    async (text) => {
      await acme.viewer.ask(
        `query ($text: String!) {
           search(text: $text) { totalCount }
           tasks(filter: { text: $text, not: { text: $text } }) { totalCount }
           projects(filter: { text: $text }) { totalCount }
         }`,
        { text },
      );
    },
  );
});

describe('an id', () => {
  const MALFORMED = (kind: Kind) => {
    const valid = unknownId(kind);
    const suffix = valid.slice(kind.length + 1);
    return [
      '',
      kind,
      `${kind}_`,
      suffix,
      `_${suffix}`,
      `${kind}-${suffix}`,
      `${kind}__${suffix}`,
      valid.toUpperCase(),
      `${kind}_${suffix.toUpperCase()}`,
      `${kind}_8${suffix.slice(1)}`,
      `${kind}_${'z'.repeat(26)}`,
      valid.slice(0, -1),
      `${valid}0`,
      `${valid}\n`,
      ` ${valid}`,
      `${kind}_${suffix.slice(0, -1)}u`,
      `${kind}_${suffix.slice(0, -1)}é`,
      `${kind}_${suffix.slice(0, -1)}\0`,
      newUuid(),
      `${kind}_${newUuid()}`,
      `${valid}' OR true --`,
      `${kind}_${'0'.repeat(100_000)}`,
    ];
  };

  it('that is malformed or of another kind is refused in every place, by its path', async () => {
    const cases = placesOfKind('ID').flatMap((place) => {
      const kind = kindOfId(place.field, place.path);
      const anyKind = /^Query\.(nodes?|can)$/.test(place.field);
      const others = anyKind ? ['x', 'table'] : ['org', 'proj', 'user', 'task', 'x'];
      const wrong = others
        .filter((prefix) => prefix !== kind)
        .map((prefix) => unknownId(kind).replace(kind, prefix));
      return [...MALFORMED(kind), ...wrong].map((id) => ({ place, id }));
    });
    const faults: string[] = [];
    await forEach(cases, async ({ place, id }) => {
      const { code, paths } = faultsOf(await sendIn(place, id));
      if (code !== 'BAD_USER_INPUT' || `${paths}` !== place.path) {
        faults.push(`${place.name} = ${shown(id)}: ${code} ${paths}`);
      }
    });
    expect(faults).toEqual([]);
    expect(cases.length).toBeGreaterThan(500);
  });

  it('of somebody else is answered, in every place, like one that nobody has', async () => {
    const { createApiKey, createTenantSecret } = await globex.owner.ask(`mutation {
      createApiKey(input: { name: "theirs" }) { apiKey { id } }
      createTenantSecret(input: {}) { tenantSecret { id } } }`);
    const { inviteUser, createIdentityProvider } = await globex.owner.ask(`mutation {
      inviteUser(input: { email: "${newUuid()}@example.com", role: MEMBER }) { id }
      createIdentityProvider(input: { name: "x", issuer: "https://a.example.com", audience: "x" }) { id } }`);
    const lines = [{ productId: await createStockedProduct(api, globex, { onHand: 9 }) }];
    await fillCart(api, globex, globex.member, lines);
    const { placeOrder } = await globex.member.ask(PLACE_ORDER, { input: orderInput() });
    const theirs = {
      proj: foreign.id,
      user: globex.member.id,
      prod: await createStockedProduct(api, globex),
      task: foreign.taskIds[0] as string,
      role: await createRole(globex.owner),
      cat: await createCategory(globex.owner),
      key: createApiKey.apiKey.id,
      sec: createTenantSecret.tenantSecret.id,
      sess: decodeJwt(globex.owner.token).sid as string,
      inv: inviteUser.id,
      idp: createIdentityProvider.id,
      ...(await createPaidOrder(api, globex)),
      order: placeOrder.id,
      cart: await fillCart(api, globex, globex.member, lines),
    };
    const differing: string[] = [];
    await forEach(placesOfKind('ID'), async (place) => {
      const kind = kindOfId(place.field, place.path);
      const answerTo = async (id: string) => {
        const { status, text } = await sendIn(place, id);
        return `${status} ${text.replaceAll(id, 'ID')}`;
      };
      const [known, unknown] = [await answerTo(theirs[kind]), await answerTo(unknownId(kind))];
      if (known !== unknown) differing.push(`${place.name}: ${known} / ${unknown}`);
    });
    expect(differing).toEqual([]);
    const { projects } = await globex.viewer.ask('{ projects { nodes { name version } } }');
    expect(projects.nodes).toEqual([{ name: 'project', version: 1 }]);
  });

  it('is no way to another organization, whatever kind it is of', async () => {
    const ids = [globex.id, globex.owner.id, foreign.id, foreign.taskIds[0], unknownId('org')];
    const { nodes } = await acme.viewer.ask('query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', {
      ids,
    });
    expect(nodes).toEqual(ids.map(() => null));
  });
});

describe('a date', () => {
  const OUT_OF_RANGE = [
    '0001-01-01T00:00:00Z',
    '1899-12-31T23:59:59.999Z',
    '9999-12-31T23:59:59.999-00:01',
    8.64e15,
    -8.64e15,
  ];
  const GARBAGE = [
    '',
    'now',
    'infinity',
    '2026-01-01',
    '2026-01-01T00:00:00',
    '2026-02-30T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-01-01T25:00:00Z',
    '0000-01-01T00:00:00Z',
    '-000001-01-01T00:00:00Z',
    '10000-01-01T00:00:00Z',
    '+275760-09-13T00:00:00.000Z',
    '275760-09-13T00:00:00Z',
    8.64e15 + 1,
    {},
  ];

  it('outside of 1900 to 9999, or that is none, is refused in every place, by its path', async () => {
    const cases = placesOfKind('DateTime').flatMap((place) =>
      [...OUT_OF_RANGE, ...GARBAGE].map((date) => ({ place, date })),
    );
    const faults: string[] = [];
    await forEach(cases, async ({ place, date }) => {
      const { code, paths } = faultsOf(await sendIn(place, date));
      if (code !== 'BAD_USER_INPUT' || `${paths}` !== place.path) {
        faults.push(`${place.name} = ${shown(date)}: ${code} ${paths}`);
      }
    });
    expect(faults).toEqual([]);
  });

  it.each(['1900-01-01T00:00:00.000Z', '2024-02-29T12:00:00.000Z', '9999-12-31T23:59:59.999Z'])(
    'comes back as it was sent: %s',
    async (dueAt) => {
      const { data } = await acme.member.send(
        'mutation ($in: CreateTaskInput!) { createTask(input: $in) { id dueAt } }',
        { in: { projectId: project.id, title: 'task', dueAt } },
      );
      expect(data.createTask.dueAt).toBe(dueAt);
      const stored = await acme.viewer.ask('query ($id: ID!) { task(id: $id) { dueAt } }', {
        id: data.createTask.id,
      });
      expect(stored.task.dueAt).toBe(dueAt);
    },
  );
});

describe('a page', () => {
  const LISTS = [
    'tasks',
    'projects',
    'users',
    'products',
    'search(text: "task")',
    'viewer { assignedTasks',
    'viewer { projects',
  ];

  const ask = (list: string, args: string) => {
    const [name = '', ...given] = list.split('(');
    const rest = given.length > 0 ? `, ${given.join('(').slice(0, -1)}` : '';
    return acme.viewer.send(
      `{ ${name}(${args}${rest}) { nodes { __typename } } ${'}'.repeat(list.split('{').length)}`,
    );
  };

  it.each(LISTS)('of %s has 1 to 100 rows, asked for from one end', async (list) => {
    for (const size of [0, -1, 101, 2147483647, -2147483648]) {
      expect(faultsOf(await ask(list, `first: ${size}`))).toEqual(badInput('first'));
      expect(faultsOf(await ask(list, `last: ${size}`))).toEqual(badInput('last'));
    }
    expect(faultsOf(await ask(list, 'first: 1, last: 1'))).toEqual(badInput('last'));
    expect(faultsOf(await ask(list, 'first: 1, before: "x"'))).toEqual(badInput('before'));
    expect(faultsOf(await ask(list, 'last: 1, after: "x"'))).toEqual(badInput('last'));
    for (const size of ['2147483648', '1.5', '"5"', '99999999999999999999', 'true', '[]', 'FIVE']) {
      const answer = await ask(list, `first: ${size}`);
      expect(answer.status).toBe(400);
      expect(faultsOf(answer).code).toBe('GRAPHQL_VALIDATION_FAILED');
    }
    for (const size of [1, 100]) {
      expect(await ask(list, `first: ${size}`)).toMatchObject({ status: 200, errors: undefined });
    }
  });

  it('has a size that fits, also from a variable', async () => {
    const sizes = [2147483648, 1.5, '5', true, [5], {}, 1e308];
    for (const first of sizes) {
      const answer = await acme.viewer.send(
        'query ($n: Int) { tasks(first: $n) { nodes { id } } }',
        {
          n: first,
        },
      );
      expect(answer.status).toBe(400);
      expect(faultsOf(answer)).toEqual(badInput('first'));
    }
  });
});

describe('a forged cursor', () => {
  const forged = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const ID = newUuid();
  const NOW = new Date().toISOString();

  /** Lists with an order of each type, and values that no such order has. */
  const ORDERS: [list: string, order: string, wrong: unknown[]][] = [
    [
      'tasks(orderBy: { field: CREATED_AT }, ',
      'CREATED_AT',
      [
        null,
        5,
        '',
        'now',
        'infinity',
        '2026-01-01',
        '0000-01-01T00:00:00.000Z',
        '2026-02-30T00:00:00.000Z',
        '2026-02-29T00:00:00.000Z',
        '2026-13-01T00:00:00.000Z',
        '2026-01-01T25:00:00.000Z',
        '+275760-09-13T00:00:00.000Z',
        `${NOW}' OR true --`,
      ],
    ],
    ['tasks(orderBy: { field: DUE_AT }, ', 'DUE_AT', [5, 'now', '2026-02-30T00:00:00.000Z']],
    [
      'tasks(orderBy: { field: PRIORITY }, ',
      'PRIORITY',
      [null, '1', 1.5, 2 ** 31, -(2 ** 31) - 1, 1e300, 'NaN', '1; DROP TABLE tasks', [1], true],
    ],
    [
      'tasks(orderBy: { field: TITLE }, ',
      'TITLE',
      [null, 5, NUL, '\ud800', 'x'.repeat(10_000), ['x'], {}],
    ],
    ['projects(orderBy: { field: NAME }, ', 'NAME', [null, 5, NUL, '\udfff', 'x'.repeat(10_000)]],
    ['users(orderBy: { field: NAME }, ', 'NAME', [null, 5, NUL, '\udfff', 'x'.repeat(10_000)]],
    ['products(orderBy: { field: PRICE }, ', 'PRICE', [null, '1', 1.5, 2 ** 31, 1e300, [1], true]],
    [
      'products(orderBy: { field: BEST_SELLING }, ',
      'BEST_SELLING',
      [null, '1', 1.5, 2 ** 53, -(2 ** 53), 1e300, 'NaN', [1], true],
    ],
    [
      'products(filter: { text: "x" }, orderBy: { field: RELEVANCE }, ',
      'RELEVANCE',
      [null, '0.5', 1e300, 5e-324, [0.5], true],
    ],
    [
      'search(text: "task", ',
      'RANK',
      [null, '0.5', 'NaN', 'Infinity', 1e300, -1e300, 1e-50, 5e-324, [0.5], true],
    ],
  ];

  const ask = (list: string, argument: 'after' | 'before', cursor: string) =>
    acme.viewer.send(
      `query ($cursor: String) { ${list} ${argument}: $cursor) { totalCount nodes { __typename } } }`,
      {
        cursor,
      },
    );

  it.each(ORDERS)('of %s%s is refused whatever it holds', async (list, order, wrong) => {
    const cursors = [
      '',
      ' ',
      'x',
      '💥',
      '=====',
      Buffer.from([0xff, 0xfe, 0x00]).toString('base64url'),
      'A'.repeat(200_000),
      Buffer.from('['.repeat(100_000)).toString('base64url'),
      forged(null),
      forged({}),
      forged('text'),
      forged([]),
      forged([order]),
      forged([order, NOW]),
      forged([[order], NOW, ID]),
      forged([order, NOW, 5]),
      forged([order, NOW, 'x']),
      forged([order, NOW, ID.toUpperCase()]),
      forged([order, NOW, `{${ID}}`]),
      forged([order, NOW, `${ID}'; DROP TABLE tasks; --`]),
      ...wrong.map((value) => forged([order, value, ID])),
      ...wrong.map((value) => forged([order, value, ID, 'more'])),
      forged(['NO_SUCH_ORDER', NOW, ID]),
      forged([{ toString: 'x' }, NOW, ID]),
    ];
    const faults: string[] = [];
    await forEach(cursors, async (cursor) => {
      for (const argument of ['after', 'before'] as const) {
        const answer = await ask(list, argument, cursor);
        const { code, paths } = faultsOf(answer);
        const found = check.faults(answer);
        if (code !== 'BAD_USER_INPUT' || `${paths}` !== argument) found.push(`${code} ${paths}`);
        if (found.length > 0) {
          const content = Buffer.from(cursor, 'base64url').toString();
          faults.push(`${argument} ${shown(content)}: ${found.join('; ')}`);
        }
      }
    });
    expect(faults).toEqual([]);
  });

  it('that was another order’s is told so', async () => {
    const { tasks } = await acme.viewer.ask(
      '{ tasks(orderBy: { field: TITLE }) { pageInfo { endCursor } } }',
    );
    const answer = await ask('tasks(', 'after', tasks.pageInfo.endCursor);
    expect(faultsOf(answer)).toEqual(badInput('after'));
    expect(answer.errors?.[0].message).toContain('another order');
  });

  it('with good values shows nothing but the own organization', async () => {
    const { tasks } = await globex.viewer.ask('{ tasks { edges { cursor } } }');
    for (const { cursor } of tasks.edges) {
      const answer = await ask('tasks(', 'after', cursor);
      expect(answer.errors).toBeUndefined();
      for (const id of foreign.taskIds) expect(answer.text).not.toContain(id);
    }
    const outermost = ['0001-01-01T00:00:00.000Z', '9999-12-31T23:59:59.999Z'];
    for (const moment of outermost) {
      const answer = await ask('tasks(', 'after', forged(['CREATED_AT', moment, ID]));
      expect(answer.errors).toBeUndefined();
    }
  });
});

describe('a filter', () => {
  const TASKS = 'query ($filter: TaskFilter) { tasks(filter: $filter) { totalCount } }';
  const ask = (filter: unknown) => acme.viewer.send(TASKS, { filter });
  const nested = (depth: number) => {
    let filter: object = { completed: true };
    for (let level = 1; level < depth; level++) filter = { not: filter };
    return filter;
  };

  it('nests five deep and no deeper', async () => {
    expect(await ask(nested(5))).toMatchObject({ status: 200, errors: undefined });
    expect(faultsOf(await ask(nested(6)))).toEqual(badInput('filter.not.not.not.not.not'));
    for (const depth of [50, 500]) {
      const answer = await ask(nested(depth));
      expect(faultsOf(answer).code).toBe('BAD_USER_INPUT');
      expect(answer.text.length).toBeLessThan(2_000);
    }
  });

  it('that nests as deep as a body has room for is refused, and the server goes on', async () => {
    const [head, tail] = [
      '{"query":"query ($f: TaskFilter) { tasks(filter: $f) { totalCount } }","variables":{"f":',
      '}}',
    ];
    const body = `${head}${'{"not":'.repeat(110_000)}{}${'}'.repeat(110_000)}${tail}`;
    const answer = await fetch(`${api.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${acme.viewer.token}` },
      body,
    });
    const text = await answer.text();
    expect([answer.status, text.length < 2_000 ? '' : text.length]).toEqual([400, '']);
    expect(check.faults(JSON.parse(text))).toEqual([]);
    await works();
  });

  const TOO_MANY_VALUES = { code: 'GRAPHQL_VALIDATION_FAILED', paths: undefined };

  it('has at most a hundred filters in it', async () => {
    const filters = (count: number) => Array.from({ length: count }, () => ({ completed: false }));
    for (const list of ['and', 'or']) {
      expect(await ask({ [list]: filters(99) })).toMatchObject({ errors: undefined });
      expect(faultsOf(await ask({ [list]: filters(100) }))).toEqual(badInput(`filter.${list}.99`));
      expect(faultsOf(await ask({ [list]: filters(10_000) }))).toEqual(TOO_MANY_VALUES);
    }
  });

  it('with as many conditions as a body has room for is refused, and the server goes on', async () => {
    // More than PostgreSQL takes parameters.
    const many = (count: number, levels: number): object =>
      levels === 0
        ? { text: 'x' }
        : { or: Array.from({ length: count }, () => many(count, levels - 1)) };
    expect(faultsOf(await ask(many(16, 4)))).toEqual(TOO_MANY_VALUES);
    await works();
  });

  it('may name a state a thousand times, not ten thousand', async () => {
    const tooMany = Array.from({ length: 10_000 }, () => 'PENDING');
    expect(faultsOf(await ask({ status: tooMany }))).toEqual(TOO_MANY_VALUES);
    const status = Array.from({ length: 1_000 }, () => 'PENDING');
    expect((await ask({ status })).data.tasks.totalCount).toBeGreaterThan(0);
    const role = Array.from({ length: 1_000 }, () => 'OWNER');
    const { users } = await acme.viewer.ask(
      'query ($role: [UserRole!]) { users(filter: { role: $role }) { totalCount } }',
      { role },
    );
    expect(users.totalCount).toBe(1);
  });

  it('whose ranges hold nothing finds nothing', async () => {
    const empty = [
      { priority: { min: 'URGENT', max: 'NONE' } },
      { dueAfter: '2030-01-01T00:00:00Z', dueBefore: '2020-01-01T00:00:00Z' },
      { status: [] },
      { or: [] },
      { unassigned: true, assigneeId: acme.member.id },
    ];
    for (const filter of empty)
      expect((await ask(filter)).data).toEqual({ tasks: { totalCount: 0 } });
  });

  it('takes null for a condition that was left out', async () => {
    const names = [
      'projectId',
      'assigneeId',
      'unassigned',
      'status',
      'completed',
      'priority',
      'text',
      'dueBefore',
      'dueAfter',
      'createdAfter',
      'and',
      'or',
      'not',
    ];
    const all = await ask(null);
    const nothing = Object.fromEntries(names.map((name) => [name, null]));
    expect((await ask(nothing)).text).toBe(all.text);
    expect((await ask({ priority: { min: null, max: null } })).text).toBe(all.text);
  });
});

describe('an input', () => {
  it('with many faults is told all of them at once, each by its path', async () => {
    const answer = await createTask({
      title: ' ',
      description: 'x'.repeat(10_001),
      projectId: 'nonsense',
      assigneeId: project.id,
      dueAt: '1066-10-14T00:00:00Z',
    });
    const { code, paths } = faultsOf(answer);
    expect(code).toBe('BAD_USER_INPUT');
    expect(paths.sort()).toEqual([
      'input.assigneeId',
      'input.description',
      'input.dueAt',
      'input.projectId',
      'input.title',
    ]);
    const update = await acme.owner.send(
      'mutation ($in: UpdateProjectInput!) { updateProject(input: $in) { id } }',
      { in: { id: 'x', version: 1, name: '', description: NUL, ownerId: 'y' } },
    );
    expect(faultsOf(update).paths.sort()).toEqual([
      'input.description',
      'input.id',
      'input.name',
      'input.ownerId',
    ]);
    const filter = {
      text: NUL,
      projectId: 'x',
      dueBefore: '0001-01-01T00:00:00Z',
      or: [{}, { assigneeId: 'y', not: { text: '\ud800' } }],
    };
    const list = await acme.viewer.send(
      'query ($filter: TaskFilter) { tasks(filter: $filter) { totalCount } }',
      { filter },
    );
    expect(faultsOf(list).paths.sort()).toEqual([
      'filter.dueBefore',
      'filter.or.1.assigneeId',
      'filter.or.1.not.text',
      'filter.projectId',
      'filter.text',
    ]);
  });

  it('whose values are of the wrong type is told all of them at once', async () => {
    const answer = await createTask({
      title: 5,
      status: 'SOMEHOW',
      priority: 3,
      dueAt: 'tomorrow',
      colour: 'red',
    });
    expect(answer.status).toBe(400);
    expect(faultsOf(answer).paths.sort()).toEqual([
      'input',
      'input.dueAt',
      'input.priority',
      'input.status',
      'input.title',
    ]);
  });

  it('takes no null for what always has a value, and null for what may have none', async () => {
    const { data } = await createTask({
      assigneeId: acme.member.id,
      dueAt: '2030-01-01T00:00:00Z',
    });
    const { id } = data.createTask;
    for (const field of ['title', 'description', 'projectId', 'status', 'priority']) {
      const answer = await acme.member.send(UPDATE_TASK, { in: { id, version: 1, [field]: null } });
      expect(faultsOf(answer)).toEqual(badInput(`input.${field}`));
    }
    for (const field of ['name', 'description', 'ownerId']) {
      const answer = await acme.owner.send(
        'mutation ($in: UpdateProjectInput!) { updateProject(input: $in) { id } }',
        { in: { id: project.id, version: 1, [field]: null } },
      );
      expect(faultsOf(answer)).toEqual(badInput(`input.${field}`));
    }
    const { updateTask } = await acme.member.ask(
      'mutation ($in: UpdateTaskInput!) { updateTask(input: $in) { assignee { id } dueAt version } }',
      { in: { id, version: 1, assigneeId: null, dueAt: null } },
    );
    expect(updateTask).toEqual({ assignee: null, dueAt: null, version: 2 });
  });

  it('with names that JavaScript knows is refused like any other', async () => {
    for (const key of ['constructor', 'toString', 'hasOwnProperty', '__defineGetter__']) {
      expect((await createTask({ [key]: { prototype: { admin: true } } })).status).toBe(400);
    }
    const poisoned = `{"query":"{ __typename }","variables":{"__proto__":{"admin":true}}}`;
    const answer = await sendRaw(
      api.url,
      postHead({ 'content-length': poisoned.length }),
      poisoned,
    );
    expect(answer.status).toBe(400);
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
  });
});

describe('a version', () => {
  it('that is stale or was never there conflicts, and nothing is lost on either side', async () => {
    const { data } = await createTask({ title: 'first' });
    const { id } = data.createTask;
    await acme.member.ask(UPDATE_TASK, { in: { id, version: 1, title: 'second' } });
    for (const version of [1, 0, -1, 3, 2147483647, -2147483648]) {
      const error = await acme.member.fail(UPDATE_TASK, { in: { id, version, title: 'third' } });
      expect(error.extensions).toMatchObject({
        code: 'VERSION_CONFLICT',
        currentVersion: 2,
        current: { id, title: 'second', version: 2 },
      });
    }
    for (const version of [2147483648, 1.5, '1', null]) {
      const answer = await acme.member.send(UPDATE_TASK, { in: { id, version, title: 'third' } });
      expect(answer.status).toBe(400);
      expect(faultsOf(answer)).toEqual(badInput('input.version'));
    }
    const stored = await acme.viewer.ask('query ($id: ID!) { task(id: $id) { title version } }', {
      id,
    });
    expect(stored.task).toEqual({ title: 'second', version: 2 });
  });
});
