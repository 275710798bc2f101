import { v7 as uuidV7 } from 'uuid';
import type { Call } from '../../calls.ts';

/** What stands in the place of the document's variables. */
export function variablesOf(call: Call): Record<string, unknown> {
  const { orgId } = call.caller;
  switch (call.kind) {
    case 'point-read':
      return { orgId, id: call.projectId };
    case 'list': {
      const condition = { status: 'pending', deletedAt: null };
      return {
        condition:
          call.projectId === null ? condition : { ...condition, projectId: call.projectId },
        first: call.first,
        after: call.after,
      };
    }
    case 'nested-list':
      return {};
    case 'update':
      // The generated mutation has no optimistic locking and no counter: it writes what the client says
      // over whatever is there. A stale version is not noticed.
      return {
        orgId,
        id: call.taskId,
        patch: {
          title: call.title,
          version: call.version + 1,
          updatedAt: new Date().toISOString(),
        },
      };
    case 'create':
      return { task: { rowId: uuidV7(), projectId: call.projectId, title: call.title } };
    case 'search':
      return { words: call.text };
    default:
      throw new TypeError(`There is no document for ${call.kind}.`);
  }
}
