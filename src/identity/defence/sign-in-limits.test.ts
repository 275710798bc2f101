import { describe, expect, it } from '@jest/globals';
import { SignInLimits } from './sign-in-limits.js';

const ACME = { organization: 'acme', email: 'ada@example.com' };
const GENEROUS = { times: 1_000, seconds: 60 };
const settings = { perAddress: GENEROUS, perAccount: GENEROUS, perPair: GENEROUS };
const at = (address: string, account = ACME) => ({ ...account, address });

async function fail(limits: SignInLimits, times: number, address: (n: number) => string) {
  const attempts = [];
  for (let n = 1; n <= times; n++) attempts.push(await limits.begin(at(address(n))));
  return attempts;
}

describe('sign-ins', () => {
  it('are refused openly once their address has failed too often, at whatever accounts', async () => {
    const limits = new SignInLimits({ ...settings, perAddress: { times: 3, seconds: 60 } });
    for (const name of ['a', 'b', 'c']) {
      await limits.begin({ ...at('192.0.2.1'), email: `${name}@example.com` });
    }
    await expect(limits.begin(at('192.0.2.1'))).rejects.toMatchObject({ code: 'RATE_LIMITED' });
    await limits.begin(at('192.0.2.2'));
  });

  it('of one IPv6 network count together', async () => {
    const limits = new SignInLimits({ ...settings, perAddress: { times: 3, seconds: 60 } });
    await fail(limits, 3, (n) => `2001:db8::${n}`);
    await expect(limits.begin(at('2001:db8::ffff'))).rejects.toMatchObject({
      code: 'RATE_LIMITED',
    });
    await limits.begin(at('2001:db8:0:1::1'));
  });

  it('are held when the account was tried too often, from anywhere and in any spelling', async () => {
    const limits = new SignInLimits({ ...settings, perAccount: { times: 2, seconds: 60 } });
    const attempts = await fail(limits, 4, (n) => `192.0.2.${n}`);
    expect(attempts.map(({ isHeld }) => isHeld)).toEqual([false, false, true, true]);
    expect(attempts.map(({ newlyHeldBy }) => newlyHeldBy)).toEqual([null, null, 'account', null]);
    const spelled = { organization: 'acme', email: 'Ada@Example.com' };
    expect(await limits.begin(at('192.0.2.9', spelled))).toMatchObject({ isHeld: true });
    const elsewhere = { organization: 'globex', email: ACME.email };
    expect(await limits.begin(at('192.0.2.9', elsewhere))).toMatchObject({ isHeld: false });
  });

  it('are held by the account nowhere where it has signed in', async () => {
    const limits = new SignInLimits({ ...settings, perAccount: { times: 2, seconds: 60 } });
    await (await limits.begin(at('198.51.100.7'))).succeed();
    await fail(limits, 10, (n) => `192.0.2.${n}`);
    expect(await limits.begin(at('198.51.100.7'))).toMatchObject({ isHeld: false });
    expect(await limits.begin(at('198.51.100.8'))).toMatchObject({ isHeld: true });
    await limits.welcome(at('198.51.100.8'));
    expect(await limits.begin(at('198.51.100.8'))).toMatchObject({ isHeld: false });
  });

  it('are held by their pair of account and address, until one succeeds', async () => {
    const limits = new SignInLimits({ ...settings, perPair: { times: 3, seconds: 60 } });
    await fail(limits, 2, () => '192.0.2.1');
    await (await limits.begin(at('192.0.2.1'))).succeed();
    const attempts = await fail(limits, 5, () => '192.0.2.1');
    expect(attempts.map(({ isHeld }) => isHeld)).toEqual([false, false, false, true, true]);
    expect(attempts[3]?.newlyHeldBy).toBe('account and address');
    expect(await limits.begin(at('192.0.2.2'))).toMatchObject({ isHeld: false });
  });

  it('of few addresses do not hold the account for all others', async () => {
    const limits = new SignInLimits({
      ...settings,
      perAccount: { times: 5, seconds: 60 },
      perPair: { times: 2, seconds: 60 },
    });
    for (const address of ['192.0.2.1', '192.0.2.2']) await fail(limits, 50, () => address);
    expect(await limits.begin(at('192.0.2.3'))).toMatchObject({ isHeld: false });
  });

  it('do not count when they succeed, or when nothing was tried', async () => {
    const one = { times: 1, seconds: 60 };
    const limits = new SignInLimits({ perAddress: one, perAccount: one, perPair: one });
    for (let n = 0; n < 5; n++) await (await limits.begin(at('192.0.2.1'))).forget();
    for (let n = 0; n < 5; n++) await (await limits.begin(at('192.0.2.1'))).succeed();
    expect(await limits.begin(at('192.0.2.1'))).toMatchObject({ isHeld: false });
  });

  it('count before anything is known of them, so that many at once are no way around', async () => {
    const limits = new SignInLimits({ ...settings, perPair: { times: 3, seconds: 60 } });
    const attempts = await Promise.all(
      Array.from({ length: 20 }, () => limits.begin(at('192.0.2.1'))),
    );
    expect(attempts.filter(({ isHeld }) => !isHeld)).toHaveLength(3);
  });
});
