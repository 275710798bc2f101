import { describe, expect, it } from '@jest/globals';
import { newUuid } from '../../shared/ids.js';
import { makeOpaqueToken } from '../../shared/opaque-token.js';
import { RefreshTokens } from './refresh-token.js';

const session = { orgId: newUuid(), id: newUuid() };
const tokens = new RefreshTokens(['a secret']);

describe('a refresh token', () => {
  it('says which session it is of, and is known for one that was issued', () => {
    const { token, hash } = tokens.make(session);
    expect(token).toMatch(/^rhr_[\w-]{86}\.[\w-]{22}$/);
    expect(tokens.read(token)).toEqual({ ...session, hash, isIssued: true });
    expect(new RefreshTokens(['a secret']).read(token)?.isIssued).toBe(true);
  });

  it('is known as long as its secret is among those before, and can be read afterwards', () => {
    const { token, hash } = tokens.make(session);
    expect(new RefreshTokens(['another', 'a secret']).read(token)?.isIssued).toBe(true);
    expect(new RefreshTokens(['another']).read(token)).toEqual({
      ...session,
      hash,
      isIssued: false,
    });
  });

  it('of before there were proofs can be read', () => {
    const { token, hash } = makeOpaqueToken('refresh', session);
    expect(tokens.read(token)).toEqual({ ...session, hash, isIssued: false });
  });

  it('with the proof of another one was not issued', () => {
    const [one = '', other = ''] = [tokens.make(session).token, tokens.make(session).token];
    expect(tokens.read(`${one.split('.')[0]}.${other.split('.')[1]}`)?.isIssued).toBe(false);
  });

  it.each([
    ['an empty proof', (token: string) => token.replace(/\..*/, '.')],
    ['a shorter proof', (token: string) => token.slice(0, -1)],
    ['a longer proof', (token: string) => `${token}A`],
    ['two proofs', (token: string) => `${token}.${token.split('.')[1]}`],
    ['a proof alone', (token: string) => `.${token.split('.')[1]}`],
    ['a padded proof', (token: string) => `${token}==`],
  ])('with %s is none', (_what, spoil) => {
    expect(tokens.read(spoil(tokens.make(session).token))).toBeNull();
  });
});
