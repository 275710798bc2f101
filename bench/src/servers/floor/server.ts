/**
 * The floor: bare node:http and pg, one statement for each request. It checks no more than its own safety
 * needs, and nobody would want to maintain a product that is written this way.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import pg from 'pg';
import { readCaller } from '../shared/caller-headers.ts';
import { endOnSigterm, HEALTH_PATH, HOST, KEEP_ALIVE_TIMEOUT_MS } from '../shared/peer-process.ts';
import { readSettings } from '../shared/settings.ts';
import { route } from './routes.ts';
import { Database } from './transaction.ts';

const settings = readSettings(process.env);
const database = new Database(settings);

const server = createServer({ keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS }, (request, response) => {
  if (request.url === HEALTH_PATH) return send(response, 200, '{}');
  answer(request, response).catch((error) => fail(response, error));
});
server.listen(settings.port, HOST);
endOnSigterm(async () => {
  server.close();
  server.closeAllConnections();
  await database.close();
});

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const caller = readCaller(request.headers);
  if (!caller) return send(response, 401, '{"error":"Who asks?"}');
  const { url = '/', method } = request;
  const question = route(`${method}`, url, method === 'GET' ? '' : await bodyOf(request));
  if (!question) return send(response, 400, '{"error":"No such request"}');
  const body = await database.run(caller, question.access, question.steps);
  if (body === null) return send(response, question.whenMissing, '{"error":"No such row"}');
  send(response, 200, body);
}

function send(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
}

/** A value that PostgreSQL refuses (class 22 and 23) is the client's fault. */
function fail(response: ServerResponse, error: unknown): void {
  const refused = error instanceof pg.DatabaseError && /^2[23]/.test(error.code ?? '');
  if (refused || error instanceof SyntaxError) {
    send(response, 400, JSON.stringify({ error: error.message }));
  } else {
    console.error(error);
    send(response, 500, '{"error":"Internal error"}');
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = '';
  request.setEncoding('utf8');
  for await (const chunk of request) body += chunk;
  return body;
}
