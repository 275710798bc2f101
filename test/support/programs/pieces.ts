import fc from 'fast-check';
import type { Argument, MutationField, Reference, RowKind, Step, VersionedKind } from './step.js';

export type Variables = { readonly [name: string]: Argument };

const index = fc.nat({ max: 9 });

/** Mostly an organization's own, now and then its neighbour's. */
const whose = fc.oneof(
  { weight: 8, arbitrary: fc.constant('own' as const) },
  { weight: 1, arbitrary: fc.constant('foreign' as const) },
);

export const row = <Kind extends RowKind>(ref: Kind, of: typeof whose = whose) =>
  fc.record({ ref: fc.constant(ref), of, index });

export const cursor = fc.record({ ref: fc.constant('cursor' as const), of: whose, index });

export const words = fc
  .array(fc.constantFrom('alpha', 'beta', 'gamma'), { minLength: 1, maxLength: 3 })
  .map((chosen) => chosen.join(' '));
export const text = words.map((chosen): Reference => ({ ref: 'text', words: chosen }));
export const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });

/** One of the pages that a list can be asked for, among them impossible ones. */
export const page = fc.oneof(
  fc.record({ first: fc.integer({ min: 0, max: 5 }), after: optional(cursor) }),
  fc.record({ last: fc.integer({ min: 1, max: 5 }), before: optional(cursor) }),
);

export const nullOr = <T extends Argument>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<Argument> =>
  fc.option(arbitrary, { nil: null });

const direction = fc.constantFrom('ASC', 'DESC');
export const orderBy = (...fields: string[]) =>
  fc.record({ field: fc.constantFrom(...fields), direction });
export const queryOf = (query: string, variables: fc.Arbitrary<Variables>) =>
  variables.map((chosen) => ({ query, variables: chosen }) as Step['request']);

export const list = (order: fc.Arbitrary<Argument>, filter: fc.Arbitrary<Argument>) =>
  fc.tuple(page, order, filter).map(([at, orderedBy, filteredBy]): Variables => {
    return { ...at, orderBy: orderedBy, filter: filteredBy };
  });

export const field = (name: MutationField['name'], input: fc.Arbitrary<Argument>) =>
  input.map((chosen): MutationField => ({ name, input: chosen }));

/** Names a row and the version at which it was last seen; now and then another one. */
export const locked = <Ref extends VersionedKind>(ref: Ref) =>
  fc
    .tuple(row(ref), fc.constantFrom(0, 0, 0, -1, 1))
    .map(([id, beside]) => ({ id, version: { ref: 'version' as const, row: id, beside } }));

export const lockedWith = (ref: VersionedKind, changes: fc.Arbitrary<Variables>) =>
  fc.tuple(locked(ref), changes).map(([key, chosen]): Argument => ({ ...key, ...chosen }));
