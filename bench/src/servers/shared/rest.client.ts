import type { Answer, Call, CallKind } from '../../calls.ts';
import type { HttpRequest, ServerUnderTest } from '../../server-under-test.ts';
import { callerHeaders } from './caller-headers.ts';
import { launchScript } from './peer-process.ts';

/** The REST peers have the same paths, and answer in the very shapes of the contract. */
export function restServer(
  name: string,
  { title, script, lacks = [] }: { title: string; script: URL; lacks?: readonly CallKind[] },
): ServerUnderTest {
  return {
    name,
    title,
    lacks,
    launch: (settings) => launchScript(script, settings),
    request: restRequest,
    read: restAnswer,
  };
}

function restRequest(call: Call): HttpRequest {
  const headers = callerHeaders(call.caller);
  const get = (path: string): HttpRequest => ({ method: 'GET', path, headers });
  const send = (method: 'POST' | 'PATCH', path: string, body: object): HttpRequest => ({
    method,
    path,
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  switch (call.kind) {
    case 'point-read':
      return get(`/projects/${call.projectId}`);
    case 'list': {
      const query = new URLSearchParams({ status: 'pending', first: String(call.first) });
      if (call.projectId !== null) query.set('projectId', call.projectId);
      if (call.after !== null) query.set('after', call.after);
      return get(`/tasks?${query}`);
    }
    case 'nested-list':
      return get('/projects?nested=true');
    case 'update':
      return send('PATCH', `/tasks/${call.taskId}`, { version: call.version, title: call.title });
    case 'create':
      return send('POST', '/tasks', { projectId: call.projectId, title: call.title });
    case 'search':
      return get(`/search?${new URLSearchParams({ text: call.text })}`);
    case 'catalog-search': {
      const { categoryId, text, order } = call;
      return get(`/catalog?${new URLSearchParams({ categoryId, text, order })}`);
    }
    case 'add-cart-item': {
      const { productId, quantity } = call;
      return send('POST', '/cart/items', { productId, quantity });
    }
    case 'place-order': {
      const { idempotencyKey, email, shippingAddress } = call;
      return send('POST', '/orders', { idempotencyKey, email, shippingAddress });
    }
  }
}

function restAnswer(call: Call, body: string): Answer {
  const answer = JSON.parse(body);
  if (answer === null || typeof answer !== 'object' || 'error' in answer) {
    throw new Error(`No answer to ${call.kind}: ${body}`);
  }
  return answer;
}
