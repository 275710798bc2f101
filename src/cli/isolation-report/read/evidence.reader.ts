import { readFile } from 'node:fs/promises';
import type { AttackEvidence, DefectEvidence, Evidence } from '../report.model.js';

/** What the test suite writes about its attacks. */
export function readAttacks(file: string): Promise<Evidence<AttackEvidence>> {
  return readEvidence(file, (content) => ({
    ...made(content),
    attacks: whole(content, 'attacks'),
    byKind: wholes(content, 'byKind'),
    breaches: texts(content, 'breaches'),
    tables: texts(content, 'tables'),
    fields: texts(content, 'fields'),
  }));
}

/** What `npm run test:defects` writes. */
export function readDefects(file: string): Promise<Evidence<DefectEvidence>> {
  return readEvidence(file, (content) => {
    const defects = list(content, 'defects').map((defect) => {
      const fields = object(defect, 'an entry of "defects"');
      return {
        name: text(fields, 'name'),
        sort: text(fields, 'sort'),
        killedBy: texts(fields, 'killedBy'),
      };
    });
    const killed = whole(content, 'killed');
    const total = whole(content, 'total');
    if (total !== defects.length || killed !== defects.filter(wasKilled).length) {
      throw new UnknownShape('its totals are not those of its list');
    }
    return { ...made(content), killed, total, defects };
  });
}

/** Whether anything has noticed it, as it should. */
export function wasKilled({ killedBy }: DefectEvidence['defects'][number]): boolean {
  return killedBy.length > 0;
}

/** The file is not what its writer makes today; the message says in what. */
class UnknownShape extends Error {}

type Content = Readonly<Record<string, unknown>>;

/** @returns never throws for what the file is or holds: a report without it is still a report */
async function readEvidence<T>(file: string, parse: (content: Content) => T): Promise<Evidence<T>> {
  try {
    const content: unknown = JSON.parse(await readFile(file, 'utf8'));
    return { state: 'present', value: parse(object(content, 'the file')) };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return { state: 'absent' };
    if (error instanceof UnknownShape) return { state: 'unreadable', file, why: message };
    // The parser's own message would quote the file.
    const why = error instanceof SyntaxError ? 'it is not JSON' : (code ?? message);
    return { state: 'unreadable', file, why };
  }
}

function made(content: Content): { madeAt: Date; postgres: string } {
  const madeAt = new Date(text(content, 'madeAt'));
  if (Number.isNaN(madeAt.getTime())) throw new UnknownShape('"madeAt" is no date');
  return { madeAt, postgres: text(content, 'postgres') };
}

function object(value: unknown, name: string): Content {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Content;
  throw new UnknownShape(`${name} is no object`);
}

function text(content: Content, name: string): string {
  const value = content[name];
  if (typeof value === 'string' && value !== '') return value;
  throw new UnknownShape(`"${name}" is no text`);
}

function list(content: Content, name: string): readonly unknown[] {
  const value = content[name];
  if (Array.isArray(value)) return value;
  throw new UnknownShape(`"${name}" is no list`);
}

function texts(content: Content, name: string): string[] {
  const values = list(content, name);
  if (values.every((value) => typeof value === 'string')) return values as string[];
  throw new UnknownShape(`"${name}" is no list of texts`);
}

function whole(content: Content, name: string): number {
  const value = content[name];
  if (isWhole(value)) return value;
  throw new UnknownShape(`"${name}" is no whole number`);
}

function wholes(content: Content, name: string): Record<string, number> {
  const counts = object(content[name], `"${name}"`);
  if (Object.values(counts).every(isWhole)) return counts as Record<string, number>;
  throw new UnknownShape(`"${name}" is no list of whole numbers`);
}

function isWhole(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0;
}
