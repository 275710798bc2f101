import Fastify, { type FastifyError, type FastifyInstance, type FastifyRequest } from 'fastify';
import type { Caller } from '../../calls.ts';
import { readCaller } from './caller-headers.ts';
import { decodeCursor } from './cursor.ts';
import { HEALTH_PATH, KEEP_ALIVE_TIMEOUT_MS } from './peer-process.ts';
import type { RestBackend } from './rest.backend.ts';
import {
  CREATE_TASK_SCHEMA,
  NESTED_PROJECTS_SCHEMA,
  PROJECT_SCHEMA,
  SEARCH_SCHEMA,
  TASKS_SCHEMA,
  UPDATE_TASK_SCHEMA,
} from './rest.schemas.ts';

/** The endpoints that one would write by hand: a Fastify application over `backend`. */
export function createRestApp(backend: RestBackend): FastifyInstance {
  const app = Fastify({ logger: false, keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS });
  app.setErrorHandler<FastifyError>((error, _request, reply) => {
    if (error.statusCode) return reply.code(error.statusCode).send({ error: error.message });
    if (backend.isRefusal(error)) return reply.code(400).send({ error: 'Refused by the database' });
    console.error(error);
    return reply.code(500).send({ error: 'Internal error' });
  });
  app.addHook('onClose', () => backend.close());
  app.get(HEALTH_PATH, async () => ({}));
  addReads(app, backend);
  addWrites(app, backend);
  return app;
}

function addReads(app: FastifyInstance, backend: RestBackend): void {
  app.get<{ Params: { id: string } }>(
    '/projects/:id',
    { schema: PROJECT_SCHEMA },
    async (request) => {
      const project = await backend.project(callerOf(request), request.params.id);
      return project ?? refuse(404, 'No such project');
    },
  );

  app.get('/projects', { schema: NESTED_PROJECTS_SCHEMA }, (request) =>
    backend.nestedProjects(callerOf(request)),
  );

  app.get<{ Querystring: { status: string; first: number; projectId?: string; after?: string } }>(
    '/tasks',
    { schema: TASKS_SCHEMA },
    async (request) => {
      const { status, first, projectId = null, after } = request.query;
      const position = after === undefined ? null : decodeCursor(after);
      if (after !== undefined && !position) refuse(400, 'No such cursor');
      return backend.tasks(callerOf(request), { status, first, projectId, after: position });
    },
  );

  app.get<{ Querystring: { text: string } }>('/search', { schema: SEARCH_SCHEMA }, (request) =>
    backend.search(callerOf(request), request.query.text),
  );
}

function addWrites(app: FastifyInstance, backend: RestBackend): void {
  app.patch<{ Params: { id: string }; Body: { version: number; title: string } }>(
    '/tasks/:id',
    { schema: UPDATE_TASK_SCHEMA },
    async (request) => {
      const change = { ...request.body, id: request.params.id };
      const task = await backend.updateTask(callerOf(request), change);
      return task ?? refuse(409, 'No such task at that version');
    },
  );

  app.post<{ Body: { projectId: string; title: string } }>(
    '/tasks',
    { schema: CREATE_TASK_SCHEMA },
    (request) => backend.createTask(callerOf(request), request.body),
  );
}

function callerOf(request: FastifyRequest): Caller {
  return readCaller(request.headers) ?? refuse(401, 'Who asks?');
}

function refuse(statusCode: number, message: string): never {
  throw Object.assign(new Error(message), { statusCode });
}
