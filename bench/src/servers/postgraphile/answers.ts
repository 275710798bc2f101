import type { Answer, AnswerOf, Call } from '../../calls.ts';

interface Row {
  readonly rowId: string;
  readonly name: string;
  readonly title: string;
  readonly status: string;
  readonly version: number;
  readonly createdAt: string;
}

interface ProjectNode extends Row {
  readonly userByOrgIdAndOwnerId: Row;
  readonly tasksByOrgIdAndProjectId: {
    readonly nodes: readonly (Row & { readonly userByOrgIdAndAssigneeId: Row | null })[];
  };
}

interface TaskConnection {
  readonly nodes: readonly Row[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

/** The data of every document; each answer has the fields of its own. */
interface Data {
  readonly projectByOrgIdAndRowId: Row | null;
  readonly allTasks: TaskConnection;
  readonly allProjects: { readonly nodes: readonly ProjectNode[] };
  readonly updateTaskByOrgIdAndRowId: { readonly task: Row | null } | null;
  readonly createTask: { readonly task: Row | null } | null;
}

/** @throws Error with the body when it holds errors, or no row where there should be one */
export function readAnswer(call: Call, body: string): Answer {
  const { data, errors }: { data?: Data | null; errors?: unknown } = JSON.parse(body);
  if (errors || !data) throw new Error(`No answer to ${call.kind}: ${body}`);
  switch (call.kind) {
    case 'point-read':
      return projectOf(existing(data.projectByOrgIdAndRowId, body));
    case 'list':
      return pageOf(data.allTasks);
    case 'nested-list':
      return data.allProjects.nodes.map(nestedOf);
    case 'update':
      return taskOf(existing(data.updateTaskByOrgIdAndRowId?.task, body));
    case 'create':
      return taskOf(existing(data.createTask?.task, body));
    case 'search':
      return data.allTasks.nodes.map(({ rowId, title }) => ({ id: rowId, title }));
    default:
      throw new TypeError(`There is no document for ${call.kind}.`);
  }
}

function existing(row: Row | null | undefined, body: string): Row {
  if (!row) throw new Error(`No such row: ${body}`);
  return row;
}

function projectOf({ rowId, name, version }: Row): AnswerOf['point-read'] {
  return { id: rowId, name, version };
}

function pageOf({ nodes, pageInfo }: TaskConnection): AnswerOf['list'] {
  return {
    tasks: nodes.map(({ rowId, title, status, version, createdAt }) => ({
      id: rowId,
      title,
      status,
      version,
      // PostGraphile writes microseconds and the session's offset.
      createdAt: new Date(createdAt).toISOString(),
    })),
    hasNextPage: pageInfo.hasNextPage,
    endCursor: pageInfo.endCursor,
  };
}

function nestedOf(project: ProjectNode): AnswerOf['nested-list'][number] {
  return {
    id: project.rowId,
    name: project.name,
    owner: personOf(project.userByOrgIdAndOwnerId),
    tasks: project.tasksByOrgIdAndProjectId.nodes.map((task) => ({
      id: task.rowId,
      title: task.title,
      assignee: task.userByOrgIdAndAssigneeId && personOf(task.userByOrgIdAndAssigneeId),
    })),
  };
}

function personOf({ rowId, name }: Row) {
  return { id: rowId, name };
}

function taskOf({ rowId, title, version }: Row): AnswerOf['update'] {
  return { id: rowId, title, version };
}
