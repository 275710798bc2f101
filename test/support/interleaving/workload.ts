import { type Organization, unknownId } from '../api.js';
import { type Field, mutationOf, newTag, queryOf } from './mutation.js';
import {
  INVALID_DOCUMENTS,
  type Operation,
  type OperationKind,
  PROJECT_FIELDS,
  TASK_FIELDS,
  type WorkKind,
} from './operation.js';
import type { Random } from './random.js';
import { isShopper, type Reader } from './reader.js';
import type { Shop } from './shop.js';
import { isShopKind, SHOP_WEIGHTS, ShopRequests } from './shop-requests.js';
import { LIST, NESTED_LISTS, NODE, NODES, SEARCH } from './work-documents.js';

/** Rows that operations choose from; few, so that clients meet on the same ones. */
const MOST_KNOWN = 30;

/** How often each kind comes, beside the others. */
export const WEIGHTS: Record<OperationKind, number> = {
  list: 7,
  'nested list': 2,
  node: 30,
  search: 2,
  create: 10,
  'create two': 6,
  update: 8,
  'stale update': 4,
  intent: 5,
  delete: 4,
  restore: 4,
  mixed: 3,
  forbidden: 3,
  foreign: 7,
  invalid: 5,
  ...SHOP_WEIGHTS,
};

const KINDS = Object.entries(WEIGHTS).flatMap(([kind, weight]) =>
  Array<OperationKind>(weight).fill(kind as OperationKind),
);

interface KnownRow {
  id: string;
  version: number;
  deleted: boolean;
}

/** What the clients of one organization know, and what they ask next. */
export class Workload {
  readonly #tasks = new Map<string, KnownRow>();
  readonly #projects = new Map<string, KnownRow>();
  readonly #cursors: string[] = [];
  readonly #requests: ShopRequests;
  #others: readonly Workload[] = [];

  /**
   * @param staff to whom what is no shopper's is shown
   * @param steadyProject a project that nobody changes: what is made in it fails for no reason of its own
   * @param contendedTask a task that requests wait for while somebody else holds it
   */
  constructor(
    readonly organization: Organization,
    readonly staff: Reader,
    readonly shop: Shop,
    readonly steadyProject: string,
    readonly contendedTask: string,
  ) {
    this.#requests = new ShopRequests(shop);
  }

  /** The word that every text of this organization has in it. */
  get marker(): string {
    return this.organization.slug;
  }

  /** Whose ids and cursors the hostile operations use. */
  faces(others: readonly Workload[]): void {
    this.#others = others;
    this.#requests.faces(others.map(({ shop }) => shop));
  }

  /** Takes note of a task or a project, as an answer shows it. */
  learn(row: { id: string; version: number; deletedAt: string | null }): void {
    if (!/^(task|proj)_/.test(row.id)) return;
    const known = row.id.startsWith('task_') ? this.#tasks : this.#projects;
    if (row.id === this.steadyProject || row.id === this.contendedTask) return;
    known.delete(row.id);
    known.set(row.id, { id: row.id, version: row.version, deleted: row.deletedAt !== null });
    for (const oldest of known.keys()) {
      if (known.size <= MOST_KNOWN) break;
      known.delete(oldest);
    }
  }

  learnCursor(reader: Reader, cursor: string): void {
    if (isShopper(reader)) return;
    this.#cursors.push(cursor);
    if (this.#cursors.length > MOST_KNOWN) this.#cursors.shift();
  }

  next(random: Random): Operation {
    const kind = random.pick(KINDS);
    const operation = isShopKind(kind)
      ? this.#requests.next(kind, random)
      : this.#operation(kind, random);
    return { ...operation, kind };
  }

  /** Waits for whoever holds the contended task; nothing else changes it. */
  contend(): Operation {
    return mutationOf([intent('completeTask', { id: this.contendedTask })], 'intent');
  }

  #operation(kind: WorkKind, random: Random): Operation {
    switch (kind) {
      case 'list':
        return this.#list(random);
      case 'nested list':
        return queryOf(random.pick(NESTED_LISTS));
      case 'node':
        return random.chance(0.6)
          ? queryOf(NODE, { id: this.#anyId(random) })
          : queryOf(NODES, { ids: Array.from({ length: 3 }, () => this.#anyId(random)) });
      case 'search':
        return queryOf(SEARCH, { text: this.#everyMarker() });
      case 'create':
        return mutationOf([this.#create(random)], kind);
      case 'create two':
        return mutationOf([this.#createTask(), this.#createTask()], kind);
      case 'update':
        return mutationOf([this.#update(random, 0)], kind);
      case 'stale update':
        return mutationOf([this.#update(random, -1)], kind);
      case 'intent':
        return mutationOf([this.#intent(random)], kind);
      case 'delete':
        return mutationOf([this.#deleteOrRestore(random, 'delete')], kind);
      case 'restore':
        return mutationOf([this.#deleteOrRestore(random, 'restore')], kind);
      case 'mixed':
        return this.#mixed(random);
      case 'forbidden':
        return { ...mutationOf([this.#createTask()], kind), as: 'viewer' };
      case 'foreign':
        return this.#foreign(random);
      case 'invalid':
        return queryOf(random.pick(INVALID_DOCUMENTS));
    }
  }

  #list(random: Random): Operation {
    return queryOf(LIST, {
      first: 1 + random.below(8),
      after: random.chance(0.3) ? this.#cursors.at(-1) : undefined,
      orderBy: { field: 'TITLE', direction: random.pick(['ASC', 'DESC']) },
      filter: random.pick([
        undefined,
        { completed: random.chance(0.5) },
        { or: [{ text: this.#everyMarker() }, { priority: { min: 'HIGH' } }] },
      ]),
    });
  }

  /** Several root fields, of which some fail on purpose. */
  #mixed(random: Random): Operation {
    const refused = () =>
      random.pick([
        this.#createTask({ title: '' }),
        this.#createTask({ projectId: unknownId('proj') }),
        this.#createTask({ projectId: this.#foreignId(random, 'proj') }),
        intent('completeTask', { id: unknownId('task') }),
      ]);
    const fields = [this.#createTask(), refused(), this.#update(random, 0), this.#create(random)];
    return mutationOf(fields, 'mixed');
  }

  /** Ids, cursors and words of other organizations. */
  #foreign(random: Random): Operation {
    const id = this.#foreignId(random, 'task');
    const cursor = random.pick(this.#others).#cursors.at(-1);
    return random.pick([
      queryOf(NODES, { ids: [id, this.#foreignId(random, 'proj')] }),
      queryOf(`query ($id: ID!) { task(id: $id) { ${TASK_FIELDS} } }`, { id }),
      queryOf(LIST, { first: 5, after: cursor, orderBy: { field: 'TITLE', direction: 'ASC' } }),
      mutationOf([intent('completeTask', { id })], 'foreign'),
      mutationOf([updateTask(id, 1, this.#tag())], 'foreign'),
      mutationOf([this.#createTask({ projectId: this.#foreignId(random, 'proj') })], 'foreign'),
    ]);
  }

  #create(random: Random): Field {
    if (random.chance(0.15)) {
      const tag = this.#tag();
      const input = { name: tag, description: tag };
      return { name: 'createProject', input, id: null, tag, selection: PROJECT_FIELDS };
    }
    const projects = [...this.#projects.keys()];
    const projectId = random.chance(0.5) ? this.steadyProject : random.pick(projects);
    return this.#createTask({ projectId, priority: random.pick(['NONE', 'HIGH', 'URGENT']) });
  }

  /** Its description keeps the tag that it was made with, whatever becomes of the title. */
  #createTask(changes: object = {}): Field {
    const tag = this.#tag();
    const input = { projectId: this.steadyProject, title: tag, description: tag, ...changes };
    return { name: 'createTask', input, id: null, tag, selection: TASK_FIELDS };
  }

  #update(random: Random, versionOffset: number): Field {
    const tag = this.#tag();
    if (random.chance(0.2)) {
      const { id, version } = this.#known(random, this.#projects, false);
      const input = { id, version: version + versionOffset, name: tag };
      return { name: 'updateProject', input, id, tag, selection: PROJECT_FIELDS };
    }
    const { id, version } = this.#known(random, this.#tasks, false);
    return updateTask(id, version + versionOffset, tag);
  }

  #intent(random: Random): Field {
    const { id } = this.#known(random, this.#tasks, false);
    const people = [this.organization.owner.id, this.organization.member.id, null];
    return random.pick([
      intent('completeTask', { id }),
      intent('reopenTask', { id }),
      intent('assignTask', { id, assigneeId: random.pick(people) }),
    ]);
  }

  #deleteOrRestore(random: Random, verb: 'delete' | 'restore'): Field {
    const project = random.chance(0.3);
    const rows = project ? this.#projects : this.#tasks;
    const { id, version } = this.#known(random, rows, verb === 'restore');
    const selection = project ? PROJECT_FIELDS : TASK_FIELDS;
    const name = `${verb}${project ? 'Project' : 'Task'}`;
    return { name, input: { id, version }, id, tag: null, selection };
  }

  /** A row in the wanted state, or any. */
  #known(random: Random, rows: Map<string, KnownRow>, deleted: boolean): KnownRow {
    const wanted = [...rows.values()].filter((row) => row.deleted === deleted);
    return random.pick(wanted.length > 0 ? wanted : [...rows.values()]);
  }

  #anyId(random: Random): string {
    if (random.chance(0.1)) return this.#foreignId(random, 'task');
    const { owner, id } = this.organization;
    const rows = [...this.#tasks.keys(), ...this.#projects.keys()];
    return random.chance(0.2) ? random.pick([owner.id, id]) : random.pick(rows);
  }

  #foreignId(random: Random, prefix: 'task' | 'proj'): string {
    const other = random.pick(this.#others);
    return random.pick([...(prefix === 'task' ? other.#tasks : other.#projects).keys()]);
  }

  #everyMarker(): string {
    return [this, ...this.#others].map(({ marker }) => marker).join(' or ');
  }

  #tag(): string {
    return newTag(this.marker);
  }
}

function updateTask(id: string, version: number, title: string): Field {
  const input = { id, version, title };
  return { name: 'updateTask', input, id, tag: title, selection: TASK_FIELDS };
}

function intent(name: string, input: { id: string; assigneeId?: string | null }): Field {
  return { name, input, id: input.id, tag: null, selection: TASK_FIELDS };
}
