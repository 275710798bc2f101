/**
 * What the REST endpoints take and give, as JSON Schema: Fastify checks the one, and compiles a serializer
 * from the other, which is faster than JSON.stringify.
 */
const uuid = { type: 'string', format: 'uuid' } as const;
const text = { type: 'string' } as const;
const integer = { type: 'integer' } as const;
const title = { type: 'string', minLength: 1, maxLength: 200 } as const;

const object = (properties: Record<string, object>, more: object = {}) => ({
  type: 'object',
  properties,
  ...more,
});
const allOf = (properties: Record<string, object>) =>
  object(properties, { required: Object.keys(properties) });
const list = (items: object) => ({ type: 'array', items });
const answers = (answer: object) => ({ response: { 200: answer } });

const person = object({ id: text, name: text });
const changedTask = object({ id: text, title: text, version: integer });

export const PROJECT_SCHEMA = {
  params: allOf({ id: uuid }),
  ...answers(object({ id: text, name: text, version: integer })),
};

export const NESTED_PROJECTS_SCHEMA = {
  querystring: allOf({ nested: { const: 'true' } }),
  ...answers(
    list(
      object({
        id: text,
        name: text,
        owner: person,
        tasks: list(object({ id: text, title: text, assignee: { ...person, nullable: true } })),
      }),
    ),
  ),
};

export const TASKS_SCHEMA = {
  querystring: object(
    {
      status: text,
      first: { ...integer, minimum: 1, maximum: 100 },
      projectId: uuid,
      after: text,
    },
    { required: ['status', 'first'] },
  ),
  ...answers(
    object({
      tasks: list(
        object({ id: text, title: text, status: text, version: integer, createdAt: text }),
      ),
      hasNextPage: { type: 'boolean' },
      endCursor: { ...text, nullable: true },
    }),
  ),
};

export const UPDATE_TASK_SCHEMA = {
  params: allOf({ id: uuid }),
  body: allOf({ version: integer, title }),
  ...answers(changedTask),
};

export const CREATE_TASK_SCHEMA = {
  body: allOf({ projectId: uuid, title }),
  ...answers(changedTask),
};

export const SEARCH_SCHEMA = {
  querystring: allOf({ text }),
  ...answers(list(object({ id: text, title: text }))),
};
