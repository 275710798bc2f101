import fc from 'fast-check';
import {
  field,
  list,
  locked,
  lockedWith,
  nullOr,
  optional,
  orderBy,
  page,
  queryOf,
  row,
  text,
  words,
} from './pieces.js';
import { ORGANIZATIONS, Program } from './program.js';
import { shopMutation, shopper, shopQuery } from './shop-arbitraries.js';
import type { Actor, Step } from './step.js';

/** Steps of a program, over all organizations. */
const ROUNDS = { minLength: 2, maxLength: 16 };

const task = row('task');
const project = row('proj');
const user = row('user');

const status = fc.constantFrom('PENDING', 'IN_PROGRESS', 'COMPLETED');
const priority = fc.constantFrom('NONE', 'LOW', 'MEDIUM', 'HIGH', 'URGENT');
/** Far from now on either side: a program must not depend on when it runs. */
const moment = fc.constantFrom('2001-01-01T00:00:00.000Z', '2999-12-31T00:00:00.000Z');

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

const anyRow = fc.oneof(task, project, user, row('prod'), row('order'), row('cart'), row('pay'));

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
  { weight: 6, arbitrary: fc.constant<Actor>('owner') },
  { weight: 1, arbitrary: fc.constantFrom<Actor>('admin', 'member', 'viewer') },
);

/** Who may do most of it; of what is about carts and orders, those whom a shop is there for. */
const request = fc.oneof<fc.Arbitrary<Pick<Step, 'as' | 'request'>>[]>(
  fc.record({ as: role, request: mutation }),
  fc.record({ as: role, request: query }),
  fc.record({ as: fc.oneof({ weight: 3, arbitrary: role }, shopper), request: shopQuery }),
  shopMutation(role),
  shopMutation(role),
  shopMutation(role),
  fc.record({ as: shopper, request: fc.oneof(query, mutation) }),
);

const step: fc.Arbitrary<Step> = fc
  .tuple(fc.nat({ max: ORGANIZATIONS.length - 1 }), request)
  .map(([organization, sent]) => ({ organization, ...sent }));

const round = fc.uniqueArray(step, {
  minLength: 1,
  maxLength: ORGANIZATIONS.length,
  selector: ({ organization }) => organization,
});

/** Programs of 2 to 48 steps; a smaller one has fewer rounds, steps, fields and arguments. */
export const programs: fc.Arbitrary<Program> = fc
  .array(round, { ...ROUNDS, size: 'max' })
  .map((rounds) => new Program(rounds));
