import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { fromUUID, TypeID } from 'typeid-js';
import { decodeUuid, encodeUuid } from './base32-uuid.js';

const library = (uuid: string) => fromUUID(uuid, 'task').slice('task_'.length);

describe('a UUID in base 32', () => {
  it('is what the reference library writes, and leads back', () => {
    fc.assert(
      fc.property(fc.uuid(), (uuid) => {
        expect(encodeUuid(uuid)).toBe(library(uuid));
        expect(decodeUuid(library(uuid))).toBe(uuid);
      }),
    );
  });

  it.each(['00000000-0000-0000-0000-000000000000', 'ffffffff-ffff-ffff-ffff-ffffffffffff'])(
    'holds all bits of %s',
    (uuid) => {
      expect(encodeUuid(uuid)).toBe(library(uuid));
      expect(decodeUuid(encodeUuid(uuid))).toBe(uuid);
    },
  );

  it('is refused unless the reference library would have written it', () => {
    const almost = fc
      .tuple(fc.uuid(), fc.nat(25), fc.string({ maxLength: 1, unit: 'binary' }))
      .map(([uuid, at, character]) => {
        const text = library(uuid);
        return text.slice(0, at) + character + text.slice(at + 1);
      });
    fc.assert(
      fc.property(fc.oneof(almost, fc.string()), (text) => {
        expect(decodeUuid(text)).toBe(reference(text));
      }),
    );
  });
});

function reference(text: string): string | undefined {
  try {
    const uuid = TypeID.fromString(`task_${text}`).toUUID();
    return library(uuid) === text ? uuid : undefined;
  } catch {
    return undefined;
  }
}
