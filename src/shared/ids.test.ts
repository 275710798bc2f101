import { describe, expect, it } from '@jest/globals';
import { decodeId, encodeId, isUuid, newUuid, tryDecodeId } from './ids.js';

const UUID = '01890a5d-ac96-774b-bcce-b302099a8057';
const ID = 'task_01h455vb4pex5vsknk084sn02q';

describe('a public id', () => {
  it('is the TypeID of a UUID, and leads back to it', () => {
    expect(encodeId('task', UUID)).toBe(ID);
    expect(decodeId('task', ID, 'id')).toBe(UUID);
    expect(tryDecodeId(ID)).toEqual({ prefix: 'task', uuid: UUID });
  });

  it.each([
    ['of another kind', ID.replace('task', 'proj')],
    ['in capitals', ID.toUpperCase()],
    ['with a letter that stands for a digit', ID.replace('0', 'o')],
    ['with a blank', `${ID} `],
    ['without a suffix', 'task_'],
    ['without a prefix', ID.slice(5)],
    ['of more than 128 bits', `task_8${ID.slice(6)}`],
    ['that is a UUID', UUID],
    ['that is empty', ''],
  ])('is refused when it is one %s', (_fault, id) => {
    expect(() => decodeId('task', id, 'input.id')).toThrow(
      expect.objectContaining({
        code: 'BAD_USER_INPUT',
        details: { fields: [{ path: 'input.id', message: expect.stringContaining('task_') }] },
      }),
    );
  });
});

describe('newUuid', () => {
  it('makes UUIDs of version 7, each greater than the one before', () => {
    const made = Array.from({ length: 1_000 }, () => newUuid());
    expect(made.filter((uuid) => !/^[\da-f]{8}-[\da-f]{4}-7/.test(uuid))).toEqual([]);
    expect([...made].sort()).toEqual(made);
    expect(new Set(made).size).toBe(made.length);
  });
});

describe('isUuid', () => {
  it('knows the form in which PostgreSQL shows a UUID, and no other', () => {
    expect(isUuid(UUID)).toBe(true);
    for (const other of [
      UUID.toUpperCase(),
      `{${UUID}}`,
      UUID.replaceAll('-', ''),
      `${UUID}\n`,
      '',
      null,
    ]) {
      expect(isUuid(other)).toBe(false);
    }
  });
});
