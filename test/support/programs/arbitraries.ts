import fc from 'fast-check';
import type { StaffRole } from '../api.js';
import { ORGANIZATIONS, Program } from './program.js';
import type { Argument, MutationField, Reference, Step } from './step.js';

type Variables = { readonly [name: string]: Argument };

/** Steps of a program, over all organizations. */
const ROUNDS = { minLength: 2, maxLength: 10 };

const index = fc.nat({ max: 9 });

/** Mostly an organization's own, now and then its neighbour's. */
const whose = fc.oneof(
  { weight: 8, arbitrary: fc.constant('own' as const) },
  { weight: 1, arbitrary: fc.constant('foreign' as const) },
);

const row = <Kind extends 'task' | 'proj' | 'user'>(ref: Kind, of: typeof whose = whose) =>
  fc.record({ ref: fc.constant(ref), of, index });

const task = row('task');
const project = row('proj');
const user = row('user');
const cursor = fc.record({ ref: fc.constant('cursor' as const), of: whose, index });

const words = fc
  .array(fc.constantFrom('alpha', 'beta', 'gamma'), { minLength: 1, maxLength: 3 })
  .map((chosen) => chosen.join(' '));
const text = words.map((chosen): Reference => ({ ref: 'text', words: chosen }));
const status = fc.constantFrom('PENDING', 'IN_PROGRESS', 'COMPLETED');
const priority = fc.constantFrom('NONE', 'LOW', 'MEDIUM', 'HIGH', 'URGENT');
/** Far from now on either side: a program must not depend on when it runs. */
const moment = fc.constantFrom('2001-01-01T00:00:00.000Z', '2999-12-31T00:00:00.000Z');

const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });

/** One of the pages that a list can be asked for, among them impossible ones. */
const page = fc.oneof(
  fc.record({ first: fc.integer({ min: 0, max: 5 }), after: optional(cursor) }),
  fc.record({ last: fc.integer({ min: 1, max: 5 }), before: optional(cursor) }),
);

const nullOr = <T extends Argument>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<Argument> =>
  fc.option(arbitrary, { nil: null });

const direction = fc.constantFrom('ASC', 'DESC');
const orderBy = (...fields: string[]) =>
  fc.record({ field: fc.constantFrom(...fields), direction });
const taskOrder = orderBy('CREATED_AT', 'DUE_AT', 'PRIORITY', 'TITLE', 'UPDATED_AT');

const taskCondition = fc.oneof(
  fc.record({ projectId: project }),
  fc.record({ assigneeId: user }),
  fc.record({ unassigned: fc.boolean() }),
  fc.record({ status: fc.array(status, { maxLength: 2 }) }),
  fc.record({ completed: fc.boolean() }),
  fc.record({ priority: fc.record({ min: priority, max: priority }) }),
  fc.record({ dueBefore: moment }),
  fc.record({ dueAfter: moment }),
  fc.record({ createdAfter: moment }),
  fc.record({ text: words }),
);
const taskFilter = optional(
  fc.oneof(
    taskCondition,
    fc.record({ and: fc.array(taskCondition, { maxLength: 2 }) }),
    fc.record({ or: fc.array(taskCondition, { maxLength: 2 }) }),
    fc.record({ not: taskCondition }),
  ),
);
const projectFilter = optional(fc.oneof(fc.record({ ownerId: user }), fc.record({ text: words })));
const userFilter = optional(
  fc.record({ role: fc.array(fc.constantFrom('OWNER', 'MEMBER', 'VIEWER')) }),
);

/** Searches for its own words, and for those of everybody. */
const searchText = fc.oneof(words, fc.constant(ORGANIZATIONS.join(' or ')));

const anyRow = fc.oneof(task, project, user);

const queryOf = (query: string, variables: fc.Arbitrary<Variables>) =>
  variables.map((chosen) => ({ query, variables: chosen }) as Step['request']);

const list = (order: fc.Arbitrary<Argument>, filter: fc.Arbitrary<Argument>) =>
  fc.tuple(page, order, filter).map(([at, orderedBy, filteredBy]): Variables => {
    return { ...at, orderBy: orderedBy, filter: filteredBy };
  });

const query = fc.oneof(
  { weight: 4, arbitrary: queryOf('tasks', list(taskOrder, taskFilter)) },
  { weight: 2, arbitrary: queryOf('projects', list(orderBy('CREATED_AT', 'NAME'), projectFilter)) },
  { weight: 1, arbitrary: queryOf('users', list(orderBy('CREATED_AT', 'NAME'), userFilter)) },
  { weight: 2, arbitrary: queryOf('tasksOfProjects', list(taskOrder, taskFilter)) },
  { weight: 2, arbitrary: queryOf('workOfUsers', list(taskOrder, taskFilter)) },
  {
    weight: 2,
    arbitrary: queryOf(
      'search',
      fc.tuple(page, searchText).map(([at, sought]) => ({ ...at, text: sought })),
    ),
  },
  {
    weight: 2,
    arbitrary: queryOf('nodes', fc.record({ ids: fc.array(anyRow, { maxLength: 5 }) })),
  },
  { weight: 1, arbitrary: queryOf('node', fc.record({ id: anyRow })) },
  { weight: 1, arbitrary: queryOf('task', fc.record({ id: task })) },
  { weight: 1, arbitrary: queryOf('project', fc.record({ id: project })) },
  { weight: 1, arbitrary: queryOf('user', fc.record({ id: user })) },
  { weight: 1, arbitrary: queryOf('several', fc.record({ id: task })) },
);

const field = (name: MutationField['name'], input: fc.Arbitrary<Argument>) =>
  input.map((chosen): MutationField => ({ name, input: chosen }));

/** Names a row and the version at which it was last seen; now and then another one. */
const locked = <Ref extends 'task' | 'proj'>(ref: Ref) =>
  fc
    .tuple(row(ref), fc.constantFrom(0, 0, 0, -1, 1))
    .map(([id, beside]) => ({ id, version: { ref: 'version' as const, row: id, beside } }));

const lockedWith = (ref: 'task' | 'proj', changes: fc.Arbitrary<Variables>) =>
  fc.tuple(locked(ref), changes).map(([key, chosen]): Argument => ({ ...key, ...chosen }));

/** Changes a row that is there, or would if it were. */
const change = fc.oneof(
  field(
    'updateTask',
    lockedWith(
      'task',
      fc.record(
        {
          title: text,
          description: words,
          projectId: project,
          assigneeId: nullOr(user),
          status,
          priority,
          dueAt: nullOr(moment),
        },
        { requiredKeys: [] },
      ),
    ),
  ),
  field('completeTask', fc.record({ id: task })),
  field('reopenTask', fc.record({ id: task })),
  field('assignTask', fc.record({ id: task, assigneeId: nullOr(user) })),
  field('deleteTask', locked('task')),
  field('restoreTask', locked('task')),
  field(
    'updateProject',
    lockedWith(
      'proj',
      fc.record({ name: text, description: words, ownerId: user }, { requiredKeys: [] }),
    ),
  ),
  field('deleteProject', locked('proj')),
  field('restoreProject', locked('proj')),
);

const createTask = field(
  'createTask',
  fc.record(
    {
      projectId: project,
      title: text,
      description: words,
      assigneeId: user,
      status,
      priority,
      dueAt: moment,
    },
    { requiredKeys: ['projectId', 'title'] },
  ),
);
const createProject = field(
  'createProject',
  fc.record({ name: text, description: words, ownerId: user }, { requiredKeys: ['name'] }),
);
/** The same address in every organization. */
const createUser = field(
  'createUser',
  fc.constant({
    email: 'same@example.com',
    name: 'same',
    role: 'MEMBER',
    password: 'a password of length',
  }),
);

/** Fails whatever there is: bad input, or a row of somebody else. */
const refused = fc.oneof(
  field('createTask', fc.record({ projectId: project, title: fc.constant('') })),
  field('createTask', fc.record({ projectId: row('proj', fc.constant('foreign')), title: text })),
  field('completeTask', fc.record({ id: row('task', fc.constant('foreign')) })),
);

/**
 * At most one field changes rows that are there, and it comes first. Others may be written within the
 * same millisecond: by their ids, which break the tie, they come later as well.
 */
const mutation = fc
  .tuple(
    optional(change),
    fc.array(
      fc.oneof(
        { weight: 30, arbitrary: createTask },
        { weight: 10, arbitrary: createProject },
        { weight: 10, arbitrary: refused },
        { weight: 1, arbitrary: createUser },
      ),
      { maxLength: 3 },
    ),
  )
  .map(([first, others]) => ({ mutation: first ? [first, ...others] : others }))
  .filter(({ mutation: fields }) => fields.length > 0);

const role = fc.oneof(
  { weight: 6, arbitrary: fc.constant<StaffRole>('owner') },
  { weight: 1, arbitrary: fc.constantFrom<StaffRole>('admin', 'member', 'viewer') },
);

const step: fc.Arbitrary<Step> = fc.record({
  organization: fc.nat({ max: ORGANIZATIONS.length - 1 }),
  as: role,
  request: fc.oneof<fc.Arbitrary<Step['request']>[]>(mutation, query),
});

const round = fc.uniqueArray(step, {
  minLength: 1,
  maxLength: ORGANIZATIONS.length,
  selector: ({ organization }) => organization,
});

/** Programs of 2 to 30 steps; a smaller one has fewer rounds, steps, fields and arguments. */
export const programs: fc.Arbitrary<Program> = fc
  .array(round, { ...ROUNDS, size: 'max' })
  .map((rounds) => new Program(rounds));
