import { describe, expect, it } from '@jest/globals';
import { faultsOf, PRODUCTION } from '../../test/support/environment-faults.js';
import { readEnvironment } from './environment.js';

describe('the settings of commerce', () => {
  it('keeps the longest checkout at least as long as one that is not renewed', () => {
    expect(readEnvironment({}).commerce.checkout).toEqual({ minutes: 15, limitMinutes: 60 });
    const { checkout } = readEnvironment({ CHECKOUT_MINUTES: '90' }).commerce;
    expect(checkout).toEqual({ minutes: 90, limitMinutes: 90 });
    expect(faultsOf({ CHECKOUT_MINUTES: '20', CHECKOUT_LIMIT_MINUTES: '19' })).toEqual([
      expect.stringMatching(/^CHECKOUT_LIMIT_MINUTES .* at least CHECKOUT_MINUTES, 20\.$/),
    ]);
  });

  it('keeps carts of visitors for thirty days, or as many as it is told, from 1 to 365', () => {
    expect(readEnvironment({}).commerce.carts.lifetimeDays).toBe(30);
    expect(readEnvironment({ CART_LIFETIME_DAYS: '7' }).commerce.carts.lifetimeDays).toBe(7);
    for (const CART_LIFETIME_DAYS of ['0', '366']) {
      expect(faultsOf({ CART_LIFETIME_DAYS })).toEqual([
        expect.stringMatching(/^CART_LIFETIME_DAYS/),
      ]);
    }
  });

  it('lets guests of one address open 60 carts an hour, or as many as it is told', () => {
    const usual = readEnvironment({});
    expect(usual.guestCarts).toEqual({ times: 60, seconds: 3_600 });
    expect(usual.commerce.carts.perAddress).toEqual(usual.guestCarts);
    const env = { GUEST_CARTS_PER_ADDRESS: '5', GUEST_CARTS_WINDOW_SECONDS: '60' };
    expect(readEnvironment(env).guestCarts).toEqual({ times: 5, seconds: 60 });
    expect(
      faultsOf({ GUEST_CARTS_PER_ADDRESS: '0', GUEST_CARTS_WINDOW_SECONDS: '86401' }),
    ).toHaveLength(2);
  });

  it('cancels what nobody pays after three days, after as many hours as it is told, or never', () => {
    const hoursOf = (env: NodeJS.ProcessEnv) => readEnvironment(env).commerce.orders.unpaidHours;
    expect(hoursOf({})).toBe(72);
    expect(hoursOf({ UNPAID_ORDER_HOURS: '1' })).toBe(1);
    expect(hoursOf({ UNPAID_ORDER_HOURS: 'never' })).toBeNull();
    for (const UNPAID_ORDER_HOURS of ['0', '1.5', '8761', 'off', '-1']) {
      expect(faultsOf({ UNPAID_ORDER_HOURS })).toEqual([
        expect.stringMatching(/^UNPAID_ORDER_HOURS .* a whole number from 1 to 8760, or never\.$/),
      ]);
    }
  });

  it('takes payments with the local provider, and in production with none unless that is said', () => {
    expect(readEnvironment({}).payments).toEqual({ provider: 'local', webhookSecrets: [] });
    expect(readEnvironment(PRODUCTION).payments).toEqual({ provider: null, webhookSecrets: [] });
    const local = { ...PRODUCTION, PAYMENT_PROVIDER: 'local' };
    expect(faultsOf(local)).toEqual([
      expect.stringMatching(
        /^PAYMENT_WEBHOOK_SECRETS is not set; in production the local provider/,
      ),
    ]);
    const PAYMENT_WEBHOOK_SECRETS = `${'x'.repeat(32)},${'y'.repeat(32)}`;
    expect(readEnvironment({ ...local, PAYMENT_WEBHOOK_SECRETS }).payments).toEqual({
      provider: 'local',
      webhookSecrets: ['x'.repeat(32), 'y'.repeat(32)],
    });
    expect(faultsOf({ PAYMENT_WEBHOOK_SECRETS: 'hunter2' })).toEqual([
      'PAYMENT_WEBHOOK_SECRETS has one of 7 bytes; each takes at least 32.',
    ]);
  });
});
