import { describe, expect, it } from '@jest/globals';
import { buildSchema, graphql } from 'graphql';
import { testCaller } from '../../test/support/graphql-server.js';
import type { TenantTransaction } from '../tenancy/index.js';
import { CookieJar } from './cookie-jar.js';
import { runMutationFieldsAsUnits } from './mutation-units.js';
import { OperationContext } from './operation-context.js';

const CALLER = testCaller({ orgId: 'o', userId: 'u' });
const CLIENT = { address: null, userAgent: null };
const NO_COOKIES = new CookieJar(undefined, () => ({}));

/** Runs a mutation, and tells for each unit whether it was said to be alone. */
async function unitsOf(source: string, caller: typeof CALLER | null = CALLER): Promise<boolean[]> {
  const schema = buildSchema('type Query { a: Int } type Mutation { a: Int b: Int }');
  runMutationFieldsAsUnits(schema);
  runMutationFieldsAsUnits(schema);
  const units: boolean[] = [];
  const tx = {
    unit: (work: () => Promise<unknown>, { alone }: { alone: boolean }) => {
      units.push(alone);
      return work();
    },
  } as unknown as TenantTransaction;
  const contextValue = new OperationContext(caller, caller && tx, CLIENT, NO_COOKIES);
  const { errors, data } = await graphql({
    schema,
    source,
    contextValue,
    rootValue: { a: 1, b: 2 },
  });
  expect(errors).toBeUndefined();
  expect(data).toMatchObject({ a: 1 });
  return units;
}

describe('a root field of a mutation', () => {
  it('is a unit, once, and alone when there is no other', async () => {
    expect(await unitsOf('mutation { a }')).toEqual([true]);
  });

  it('is not alone among others, nor when that cannot be told at a glance', async () => {
    expect(await unitsOf('mutation { a b }')).toEqual([false, false]);
    expect(await unitsOf('mutation { ...f } fragment f on Mutation { a }')).toEqual([false]);
  });

  it('is no unit for who is not signed in', async () => {
    expect(await unitsOf('mutation { a }', null)).toEqual([]);
  });
});

describe('an operation context', () => {
  class Loader {}

  it('has one instance of each class until it forgets them', () => {
    const context = new OperationContext(CALLER, null, CLIENT, NO_COOKIES);
    const first = context.use(Loader);
    expect(context.use(Loader)).toBe(first);
    context.forgetMembers();
    expect(context.use(Loader)).not.toBe(first);
  });

  it('has no transaction for who is not signed in', () => {
    expect(() => new OperationContext(null, null, CLIENT, NO_COOKIES).tx).toThrow('Sign in first');
  });
});
