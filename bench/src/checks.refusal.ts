import type { Asker } from './ask.ts';
import type { Ground } from './call-source.ts';
import type { Call, Update } from './calls.ts';
import { type Check, DifferentAnswers } from './checks.ts';
import { callerOf } from './places.ts';
import { Random } from './random.ts';

/** What no server may do: overwrite a newer version, and cross the border between organizations. */
export function refusalChecks({ data, tasks }: Ground): Check[] {
  const random = new Random(4);
  const { id: taskId, organization, version } = tasks.next(0);
  const owner = callerOf(organization, random);
  const stranger = callerOf(another(data.organizations, organization), random);
  const projectId = random.oneOf(organization.projectIds);
  const title = 'Must not be written';
  return [
    staleUpdate({ kind: 'update', caller: owner, taskId, version: version + 1, title }),
    refusal('an update from another organization', {
      kind: 'update',
      caller: stranger,
      taskId,
      version,
      title,
    }),
    refusal('a point read from another organization', {
      kind: 'point-read',
      caller: stranger,
      projectId,
    }),
    refusal('a create in a project of another organization', {
      kind: 'create',
      caller: stranger,
      projectId,
      title,
    }),
  ];
}

function staleUpdate(call: Update): Check {
  const { what, kinds, run } = refusal('a stale update', call);
  return {
    what,
    kinds,
    run: async (contestant) =>
      contestant.asker.server.ignoresVersion ? 'refused' : run(contestant),
  };
}

/** Servers refuse in words of their own, so it is only compared that they do. */
function refusal(what: string, call: Call): Check {
  return {
    what,
    kinds: [call.kind],
    async run({ asker }) {
      const { status, body } = await asker.send(call);
      if (status === 200 && isAnswer(asker, call, body)) {
        throw new DifferentAnswers(`${asker.server.name} did not refuse ${what}, but said ${body}`);
      }
      return 'refused';
    },
  };
}

function isAnswer({ server }: Asker, call: Call, body: string): boolean {
  try {
    server.read(call, body);
    return true;
  } catch {
    return false;
  }
}

function another<Item>(items: readonly Item[], item: Item): Item {
  const other = items[(items.indexOf(item) + 1) % items.length];
  if (other === undefined || other === item) throw new RangeError('There is only one.');
  return other;
}
