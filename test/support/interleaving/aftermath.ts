import type { History, WriteRecord } from './history.js';
import { REFUSED_KINDS } from './operation.js';
import { isShopper, nameOf, type Reader, type Shopper } from './reader.js';
import type { OwnedRow, StoredRow } from './stored-rows.js';

/**
 * What the database lacks of what was acknowledged, or has of what was refused.
 *
 * A row with its version is one state, so a write that was superseded still shows: in the states that
 * answers saw in between, and in the count of versions.
 */
export function lostOrPhantomWrites(history: History, rows: readonly StoredRow[]): string[] {
  const byId = new Map(rows.map((row) => [row.id, row]));
  const made = countBy(rows, ({ tag }) => tag);
  // The same request comes again under the same tag.
  const open = new Set(
    history.writes.map(({ outcome, tag }) => (outcome === 'refused' ? null : tag)),
  );
  const texts = new Set(rows.map(({ text }) => text));
  return history.writes.flatMap((write) => {
    const { outcome, tag, row } = write;
    const what = `${write.kind} ${tag ?? write.id} (${outcome})`;
    if (outcome === 'acknowledged' && row) {
      const stored = byId.get(row.id);
      if (!stored) return [`${what} is not there`];
      if (stored.version < row.version) return [`${what} has gone back to ${stored.version}`];
    }
    const mayNot = REFUSED_KINDS.includes(write.kind);
    if (outcome === 'acknowledged' && mayNot) return [`${what} was not theirs to do`];
    if (tag === null) return [];
    const times = made.get(tag) ?? 0;
    if (times > 0 && mayNot) return [`${what} was not theirs to do, and was done`];
    if (write.id === null) {
      if (outcome === 'acknowledged' && times !== 1) return [`${what} was made ${times} times`];
      if (outcome === 'unknown' && times > 1) return [`${what} was made ${times} times`];
    }
    const shown = times > 0 || texts.has(tag) || history.tagsShown.has(tag);
    return !open.has(tag) && shown ? [`${what} is there`] : [];
  });
}

/** Units and transactions of which a part was kept. */
export function halfKept(history: History, rows: readonly StoredRow[]): string[] {
  const made = countBy(rows, ({ tag }) => tag);
  const pairs = new Map<number, string[]>();
  for (const { kind, outcome, request, tag } of history.writes) {
    if (kind !== 'create two' || outcome !== 'unknown' || tag === null) continue;
    pairs.set(request, [...(pairs.get(request) ?? []), tag]);
  }
  const halves = [...pairs.values()]
    .filter((tags) => new Set(tags.map((tag) => made.has(tag))).size > 1)
    .map((tags) => `half of a request: ${tags.filter((tag) => made.has(tag))} of ${tags}`);
  return [...halves, ...halfDeletions(history, rows)];
}

/** A project and its tasks are deleted, and brought back, together. */
function halfDeletions(history: History, rows: readonly StoredRow[]): string[] {
  const projects = rows.filter(({ table }) => table === 'projects');
  return projects.flatMap((project) => {
    const tasks = rows.filter(({ projectId }) => projectId === project.id);
    if (project.deletedAt !== null) {
      const alive = tasks.filter(({ deletedAt }) => deletedAt === null);
      return alive.map(({ text }) => `${text} is alive in the deleted ${project.text}`);
    }
    const moments = new Set(history.deletionsOf(project.id));
    const left = tasks.filter(({ deletedAt }) => deletedAt !== null && moments.has(deletedAt));
    return left.map(({ text }) => `${text} stayed deleted with ${project.text}`);
  });
}

/** Rows that were changed more often than anybody asked for. */
export function unexplainedVersions(history: History, rows: readonly StoredRow[]): string[] {
  const acknowledged = new Map<string, Set<number>>();
  const uncertain = new Map<string, number>();
  for (const write of history.writes) {
    if (write.id !== null && write.outcome === 'acknowledged' && write.row) {
      const versions = acknowledged.get(write.row.id) ?? new Set();
      acknowledged.set(write.row.id, versions.add(write.row.version));
    } else if (write.outcome === 'unknown' && write.id !== null) {
      uncertain.set(write.id, (uncertain.get(write.id) ?? 0) + 1);
    }
  }
  return rows.flatMap((row) => {
    const changes = row.version - 1;
    const known = [...(acknowledged.get(row.id) ?? [])].filter((version) => version > 1).length;
    // A project that is deleted or restored takes its tasks along.
    const { version: cascades = 1 } = rows.find(({ id }) => id === row.projectId) ?? {};
    const possible = known + (uncertain.get(row.id) ?? 0) + cascades - 1 + row.movedBesides;
    if (changes <= possible) return [];
    return [`${row.text} was changed ${changes} times; at most ${possible} were asked for`];
  });
}

/** What somebody was shown that is none of theirs. */
export function foreignIds(history: History, owned: ReadonlyMap<string, OwnedRow>): string[] {
  return [...history.shown].flatMap(([reader, ids]) =>
    [...ids]
      .filter((id) => !maySee(reader, owned.get(id)))
      .map((id) => `${nameOf(reader)} was shown ${id}, ${owned.get(id)?.what ?? 'of nobody'}`),
  );
}

function maySee(reader: Reader, row: OwnedRow | undefined): boolean {
  if (row?.organization !== reader.organization) return false;
  if (row.for === 'everybody') return true;
  if (!isShopper(reader)) return row.for !== 'its owner';
  return row.for !== 'the staff' && row.ownerId === reader.ownerId;
}

/**
 * Units that were put into carts one by one, and are in none or in more than one: carts and orders of a shopper have as
 * many of a product that nobody takes out as were put in.
 */
export function lostOrDoubledUnits(
  history: History,
  shopper: Shopper,
  unitsOf: ReadonlyMap<string, number>,
): string[] {
  const counts = history.writes.filter(
    ({ kind, reader }) => kind === 'count up' && reader === shopper,
  );
  const least = counts.filter(({ outcome }) => outcome === 'acknowledged').length;
  const most = counts.filter(({ outcome }) => outcome !== 'refused').length;
  const units = unitsOf.get(shopper.ownerId ?? '') ?? 0;
  if (units >= least && units <= most) return [];
  return [`${nameOf(shopper)} put in ${least} to ${most}, and has ${units}`];
}

/** How many writes ended so. */
export function writesThat(history: History, outcome: WriteRecord['outcome']): number {
  return history.writes.filter((write) => write.outcome === outcome).length;
}

function countBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(keyOf(item), (counts.get(keyOf(item)) ?? 0) + 1);
  return counts;
}
