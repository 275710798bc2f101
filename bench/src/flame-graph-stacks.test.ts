import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stacksOf, timeByOwner } from './flame-graph-stacks.ts';

const node = (id: number, functionName: string, url = '', children: number[] = []) => ({
  id,
  callFrame: { functionName, url, scriptId: url && '1', lineNumber: 9 },
  children,
});

test('leaves out idling and what was before the first request, and merges equal stacks', () => {
  const root = stacksOf({
    nodes: [
      node(1, '(root)', '', [2, 3, 4, 5]),
      node(2, '(idle)'),
      node(3, 'load', 'node:internal/modules/cjs/loader'),
      node(4, 'parserOnIncoming', 'node:_http_server', [6, 7]),
      node(5, '(garbage collector)'),
      node(6, 'query', 'file:///app/node_modules/pg/lib/client.js'),
      node(7, 'query', 'file:///app/node_modules/pg/lib/client.js', [8]),
      node(8, '', 'file:///app/dist/work/task.js'),
    ],
    // Each lasts until the next, and the last one is not known to last.
    samples: [3, 6, 2, 7, 8, 5, 5],
    timeDeltas: [0, 1_000, 1, 10, 2, 3, 4],
  });
  assert.equal(root.total, 1 + 2 + 3 + 4);
  const [request, garbage] = [...root.children.values()];
  assert.deepEqual([request?.name, request?.total], ['parserOnIncoming', 6]);
  assert.equal(garbage?.name, 'garbage collection');
  const [query, ...others] = [...(request?.children.values() ?? [])];
  assert.deepEqual([query?.place, query?.self, query?.total], ['pg/lib/client.js', 3, 6]);
  assert.equal(others.length, 0);
  const [nameless] = [...(query?.children.values() ?? [])];
  assert.deepEqual([nameless?.name, nameless?.place], ['line 10', 'work/task.js']);
  assert.deepEqual(timeByOwner(root).slice(0, 2), [
    ['garbage collection', 4],
    ['pg', 3],
  ]);
});

test('draws a profile without requests from its beginning', () => {
  const root = stacksOf({
    nodes: [node(1, '(root)', '', [2]), node(2, 'work', 'file:///app/src/main.js')],
    samples: [2, 2],
    timeDeltas: [5, 7],
  });
  assert.equal(root.total, 7);
  assert.deepEqual(timeByOwner(root)[0], ['rowhouse', 7]);
});
