import type { AcceptedViolation } from './statement-contract.js';

/**
 * What is known to break the rules, and why it may. Whoever mends one takes it out of here: the contract
 * fails for what nothing needs any more.
 */
export const ACCEPTED_VIOLATIONS: readonly AcceptedViolation[] = [
  {
    subjects: ['Query.search'],
    rules: ['key in an Index Cond', 'no sort of more than a page', 'rows of a page'],
    reason:
      'A search matches and ranks all rows of the organization, docs/decisions/0007: `@@` is not leakproof, so no index on words is used, and none has ranks.',
  },
  {
    subjects: ['Query.products orderBy RELEVANCE'],
    rules: ['key in an Index Cond', 'no sort of more than a page', 'rows of a page'],
    reason:
      'As a search: all products of the organization are matched and ranked, docs/decisions/0007. Neither `@@` nor `@>` on metadata is leakproof, so no index on words or on metadata would be used.',
  },
  {
    subjects: ['Query.tasks orderBy DUE_AT'],
    rules: ['key in an Index Cond', 'no sort of more than a page', 'rows of a page'],
    reason:
      'The index on due_at has open tasks alone, sql/50-indexes.sql, and nulls last in both directions is no order that one index has: a page sorts the tasks of the organization.',
  },
  {
    subjects: ['Query.categories orderBy POSITION'],
    rules: [
      'key in an Index Cond',
      'no sort of more than a page',
      'rows of a page',
      'a deep page costs what the first costs',
    ],
    reason:
      'A position is one among siblings, whose index begins with their parent; that of one parent, or of the top, follows it. Over all levels a page sorts the categories of the organization, which are few.',
  },
  {
    subjects: [
      'Project.tasks orderBy DUE_AT',
      'Project.tasks orderBy PRIORITY',
      'Project.tasks orderBy TITLE',
      'Project.tasks orderBy UPDATED_AT',
      'User.assignedTasks orderBy DUE_AT',
      'User.assignedTasks orderBy PRIORITY',
      'User.assignedTasks orderBy TITLE',
      'User.assignedTasks orderBy UPDATED_AT',
      'User.projects orderBy NAME',
      'Category.products orderBy NAME',
      'Category.products orderBy PRICE',
      'Category.products orderBy BEST_SELLING',
      'Category.products orderBy RELEVANCE',
    ],
    rules: [
      'key in an Index Cond',
      'no sort of more than a page',
      'rows of a page',
      'a deep page costs what the first costs',
    ],
    reason:
      'Within one parent only the order of creation has an index: each further one would cost every write, and a page of another order sorts the rows of its parent.',
  },
  {
    subjects: ['Query.orders orderBy NUMBER'],
    rules: ['key in an Index Cond'],
    reason:
      'A number has one order: its unique index leads to the place, and the id beside it leaves out the row of the cursor alone. An index with both would cost every order.',
  },
  {
    subjects: ['POST /catalog/products/import'],
    rules: ['key in an Index Cond'],
    reason:
      'Products and stock are found by their ids; whether one is as wanted already is then asked of that row alone.',
  },
  {
    subjects: [
      'Mutation.changePassword',
      'Mutation.confirmSecondFactor',
      'Mutation.removeIdentityProvider',
    ],
    rules: ['key in an Index Cond'],
    reason:
      'All sessions of a user, or of those of a provider, but the one that stays: its id leaves out one row, and narrows nothing that an index could.',
  },
];
