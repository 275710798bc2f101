/**
 * One statement for each kind of call, which builds the answer's JSON in PostgreSQL. Named, so that each
 * connection parses and plans it once.
 *
 * None of them says the organization: row-level security adds `org_id = tenancy.current_org()` and uses the
 * same indexes for it.
 */
export interface Statement {
  readonly name: string;
  readonly text: string;
}

/** A timestamp as `Date.toISOString` writes it. */
const iso = (column: string) =>
  `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

/** $1 id */
export const POINT_READ: Statement = {
  name: 'point-read',
  text: `
    SELECT json_build_object('id', id, 'name', name, 'version', version)
    FROM projects WHERE id = $1`,
};

/** $1 status, $2 how many, then those that the page has: project, and created_at and id of the cursor. */
export function listStatement(page: { inProject: boolean; after: boolean }): Statement {
  return LISTS[Number(page.inProject) + 2 * Number(page.after)] as Statement;
}

const LISTS = [
  list('list', ''),
  list('list-of-project', 'AND project_id = $3'),
  list('list-after', 'AND (created_at, id) > ($3, $4)'),
  list('list-of-project-after', 'AND project_id = $3 AND (created_at, id) > ($4, $5)'),
];

/** Reads one row more than the page has, to know whether there is another page. */
function list(name: string, condition: string): Statement {
  return {
    name,
    text: `
      SELECT json_build_object(
        'tasks', coalesce(json_agg(json_build_object('id', id, 'title', title, 'status', status,
            'version', version, 'createdAt', created) ORDER BY position) FILTER (WHERE position <= $2), '[]'),
        'hasNextPage', count(*) > $2,
        'endCursor', max((created || '_' || id) COLLATE "C") FILTER (WHERE position <= $2))
      FROM (
        SELECT id, title, status, version, ${iso('created_at')} AS created,
          row_number() OVER (ORDER BY created_at, id) AS position
        FROM tasks
        WHERE status = $1 AND deleted_at IS NULL ${condition}
        ORDER BY created_at, id
        LIMIT $2::int + 1
      ) AS page`,
  };
}

const person = (key: string) => {
  const [row] = key.split('.', 1);
  return `(
    SELECT json_build_object('id', person.id, 'name', person.name)
    FROM users AS person
    WHERE person.org_id = ${row}.org_id AND person.id = ${key})`;
};

/**
 * $1 how many tasks. With a literal the planner, who knows nothing of how project and organization hang
 * together, would rather sort all tasks of a project than walk its index.
 */
export const NESTED_LIST: Statement = {
  name: 'nested-list',
  text: `
    SELECT coalesce(json_agg(json_build_object('id', project.id, 'name', project.name,
        'owner', ${person('project.owner_id')},
        'tasks', (
          SELECT coalesce(json_agg(json_build_object('id', task.id, 'title', task.title,
              'assignee', ${person('task.assignee_id')}) ORDER BY task.created_at, task.id), '[]')
          FROM (
            SELECT org_id, id, title, assignee_id, created_at
            FROM tasks
            WHERE org_id = project.org_id AND project_id = project.id AND deleted_at IS NULL
            ORDER BY created_at, id
            LIMIT $1
          ) AS task)
      ) ORDER BY project.created_at, project.id), '[]')
    FROM (
      SELECT org_id, id, name, owner_id, created_at
      FROM projects
      WHERE deleted_at IS NULL
      ORDER BY created_at, id
      LIMIT 20
    ) AS project`,
};

/** $1 id, $2 version that was read, $3 title */
export const UPDATE: Statement = {
  name: 'update',
  text: `
    UPDATE tasks SET title = $3, version = version + 1, updated_at = now()
    WHERE id = $1 AND version = $2 AND deleted_at IS NULL
    RETURNING json_build_object('id', id, 'title', title, 'version', version)`,
};

/** $1 id, $2 project, $3 title */
export const CREATE: Statement = {
  name: 'create',
  text: `
    INSERT INTO tasks (id, project_id, title) VALUES ($1, $2, $3)
    RETURNING json_build_object('id', id, 'title', title, 'version', version)`,
};

/** $1 words */
export const SEARCH: Statement = {
  name: 'search',
  text: `
    SELECT coalesce(json_agg(json_build_object('id', id, 'title', title) ORDER BY created_at, id), '[]')
    FROM (
      SELECT id, title, created_at
      FROM tasks
      WHERE deleted_at IS NULL AND search @@ websearch_to_tsquery('english', $1)
      ORDER BY created_at, id
      LIMIT 20
    ) AS found`,
};
