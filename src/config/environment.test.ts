import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { ConfigurationError } from './configuration.error.js';
import { readEnvironment } from './environment.js';

const PRODUCTION = {
  NODE_ENV: 'production',
  DATABASE_URL: 'postgresql://rowhouse_app:secret@db:5432/rowhouse',
  JWT_SECRET: 'x'.repeat(32),
};

function faultsOf(env: NodeJS.ProcessEnv): readonly string[] {
  try {
    readEnvironment(env);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.faults;
    throw error;
  }
  return [];
}

describe('the environment', () => {
  it('needs nothing in development', () => {
    const environment = readEnvironment({});
    expect(environment.mode).toBe('development');
    expect(environment.server).toMatchObject({
      host: '127.0.0.1',
      port: 4000,
      introspection: true,
      sandbox: true,
      corsOrigins: ['localhost'],
    });
    expect(environment.database).toMatchObject({ url: undefined, migrationUrl: undefined });
    expect(environment.accessTokens.secret).toBeUndefined();
    expect(environment.signUp.isOpen).toBe(true);
  });

  it('is closed in production, reachable from outside, and needs its secrets', () => {
    expect(readEnvironment(PRODUCTION).server).toMatchObject({
      host: '0.0.0.0',
      introspection: false,
      sandbox: false,
      corsOrigins: [],
    });
    expect(readEnvironment(PRODUCTION).signUp.isOpen).toBe(false);
    expect(readEnvironment({ ...PRODUCTION, SIGN_UP: 'open' }).signUp.isOpen).toBe(true);
    expect(faultsOf({ NODE_ENV: 'production' })).toEqual([
      'DATABASE_URL is not set; production takes a postgres:// URL.',
      'JWT_SECRET is not set; production takes at least 32 bytes: openssl rand -base64 48',
    ]);
  });

  it('has cookies sent over HTTPS alone in production, and by no other site', () => {
    expect(readEnvironment({}).server.cookies).toEqual({ isSecure: false, sameSite: 'strict' });
    const { cookies } = readEnvironment(PRODUCTION).server;
    expect(cookies).toEqual({ isSecure: true, sameSite: 'strict' });
    const none = { COOKIE_SAME_SITE: 'none' };
    expect(readEnvironment({ ...PRODUCTION, ...none }).server.cookies.sameSite).toBe('none');
    expect(faultsOf(none)).toEqual([
      'COOKIE_SAME_SITE has "none", which browsers take only with COOKIE_SECURE=true.',
    ]);
  });

  it('gives no access token a longer life than the grace of a deletion', () => {
    const longest = { ACCESS_TOKEN_TTL_SECONDS: '86400', DELETION_GRACE_DAYS: '1' };
    const { accessTokens, deletion } = readEnvironment(longest);
    expect(accessTokens.lifetimeSeconds).toBeLessThanOrEqual(deletion.graceDays * 86_400);
    expect(faultsOf({ ACCESS_TOKEN_TTL_SECONDS: '86401', DELETION_GRACE_DAYS: '0' })).toEqual([
      expect.stringMatching(/^ACCESS_TOKEN_TTL_SECONDS/),
      expect.stringMatching(/^DELETION_GRACE_DAYS/),
    ]);
  });

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

  it('reports every fault at once: the variable, what it has and what it takes', () => {
    const faults = faultsOf({
      NODE_ENV: 'prod',
      PORT: '4000x',
      SANDBOX: 'maybe',
      DATABASE_POOL_SIZE: '0',
      LOG_LEVEL: 'verbose',
      CORS_ORIGINS: 'https://app.example.com, https://app.example.com/path',
      MAX_QUERY_DEPTH: '1e3',
    });
    expect(faults).toEqual([
      'NODE_ENV has "prod"; it takes one of development, test, production.',
      'PORT has "4000x"; it takes a whole number from 0 to 65535.',
      'SANDBOX has "maybe"; it takes true or false.',
      'CORS_ORIGINS has "https://app.example.com/path"; it takes origins like https://app.example.com (no path), localhost or *.',
      'MAX_QUERY_DEPTH has "1e3"; it takes a whole number from 1 to 100.',
      'DATABASE_POOL_SIZE has "0"; it takes a whole number from 1 to 1000.',
      'LOG_LEVEL has "verbose"; it takes one of silent, debug, info, warn, error.',
    ]);
    expect(new ConfigurationError(faults).message).toMatch(
      /^7 settings need attention:\n {2}- NODE_ENV/,
    );
  });

  it('shows mail in development, sends it where there is a server, and keeps it in production', () => {
    expect(readEnvironment({}).mail).toEqual({
      smtpUrl: undefined,
      from: { name: 'Rowhouse', address: 'no-reply@localhost' },
      mailbox: true,
    });
    expect(readEnvironment(PRODUCTION).mail).toMatchObject({ smtpUrl: undefined, mailbox: false });
    const SMTP_URL = 'smtps://user:p%40ss@mail.example.com';
    for (const MAIL_FROM of ['Acme, Inc. <no-reply@example.com>', 'no-reply@example.com']) {
      const { name, address } = readEnvironment({ SMTP_URL, MAIL_FROM }).mail.from;
      expect([name, address]).toEqual([MAIL_FROM.split(' <')[1] ? 'Acme, Inc.' : '', address]);
      expect(address).toBe('no-reply@example.com');
    }
    expect(readEnvironment({ SMTP_URL, MAIL_FROM: 'a@example.com' }).mail).toMatchObject({
      smtpUrl: SMTP_URL,
      mailbox: false,
    });
  });

  it('knows where links in mail lead to, without a slash at the end', () => {
    expect(readEnvironment({}).appUrl).toBe('http://localhost:3000');
    for (const [APP_URL, appUrl] of [
      ['https://app.example.com', 'https://app.example.com'],
      ['https://app.example.com/', 'https://app.example.com'],
      ['https://example.com/app//', 'https://example.com/app'],
    ] as const) {
      expect(readEnvironment({ APP_URL }).appUrl).toBe(appUrl);
    }
    for (const APP_URL of [
      'app.example.com',
      'javascript:alert(1)',
      'ftp://app.example.com',
      'https://app.example.com/?a=b',
      'https://app.example.com/#a',
      'https://user@app.example.com',
    ]) {
      expect(faultsOf({ APP_URL })).toEqual([
        `APP_URL has ${JSON.stringify(APP_URL)}; it takes the address of a page, like https://app.example.com.`,
      ]);
    }
  });

  it('says what is wrong with the settings of mail', () => {
    const smtpFault =
      'SMTP_URL has something else; it takes smtp://user:password@host:port, or smtps://.';
    expect(faultsOf({ SMTP_URL: 'smtp://mail.example.com' })).toEqual([
      'MAIL_FROM is not set; with SMTP_URL it takes Name <no-reply@example.com>.',
    ]);
    for (const SMTP_URL of [
      'mail.example.com',
      'http://mail.example.com',
      'smtp://',
      'smtp://mail.example.com/?pool=true',
      'smtp://mail.example.com/path',
    ]) {
      expect(faultsOf({ SMTP_URL, MAIL_FROM: 'a@example.com' })).toEqual([smtpFault]);
    }
    for (const SMTP_URL of ['smtp://user:100%@mail.example.com', 'smtp://us%er@mail.example.com']) {
      expect(faultsOf({ SMTP_URL, MAIL_FROM: 'a@example.com' })).toEqual([
        'SMTP_URL has a % that begins no character; in user and password, % is written %25.',
      ]);
    }
    for (const MAIL_FROM of [
      'nobody',
      'a@example.com, b@example.com',
      'A <a@example.com> <b@example.com>',
      'A\r\nBcc: b@example.com <a@example.com>',
    ]) {
      expect(faultsOf({ MAIL_FROM })).toEqual([
        `MAIL_FROM has ${JSON.stringify(MAIL_FROM)}; it takes Name <no-reply@example.com>, or the address alone.`,
      ]);
    }
  });

  it('never shows a secret in a fault', () => {
    const faults = faultsOf({
      JWT_SECRET: 'hunter2',
      DATA_KEY: 'hunter2',
      SMTP_URL: 'smtp://user:hunter2@mail/path',
      MAIL_FROM: 'a@example.com',
      DATABASE_URL: 'mysql://root:hunter2@db/rowhouse',
      MIGRATION_DATABASE_URL: 'hunter2 at db',
    });
    expect(faults).toEqual([
      'DATABASE_URL has a mysql:// URL; it takes postgres://user:password@host:port/database.',
      'JWT_SECRET has 7 bytes; it takes at least 32.',
      'MIGRATION_DATABASE_URL has something that is no URL; it takes postgres://user:password@host:port/database.',
      'DATA_KEY has 7 bytes; it takes at least 32.',
      'SMTP_URL has something else; it takes smtp://user:password@host:port, or smtps://.',
    ]);
  });

  it('counts the bytes of a secret, not its characters', () => {
    expect(readEnvironment({ JWT_SECRET: 'ü'.repeat(16) }).accessTokens.secret).toHaveLength(16);
  });

  it('takes several secrets that were in use before, and measures each', () => {
    const secrets = ['x'.repeat(32), 'y'.repeat(40)];
    const { accessTokens } = readEnvironment({ JWT_PREVIOUS_SECRETS: ` ${secrets.join(' , ')},` });
    expect(accessTokens.previousSecrets).toEqual(secrets);
    expect(faultsOf({ JWT_PREVIOUS_SECRETS: `${secrets[0]},hunter2` })).toEqual([
      'JWT_PREVIOUS_SECRETS has one of 7 bytes; each takes at least 32.',
    ]);
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

  it('takes an empty value for none, and a value with spaces around it for the value', () => {
    const { server } = readEnvironment({ PORT: '', HOST: '  ', MAX_ALIASES: ' 7 ' });
    expect(server).toMatchObject({ port: 4000, host: '127.0.0.1', limits: { aliases: 7 } });
  });

  it('migrates with the serving role’s URL when there is no other', () => {
    const { database } = readEnvironment(PRODUCTION);
    expect(database.migrationUrl).toBe(PRODUCTION.DATABASE_URL);
    const owner = 'postgres://rowhouse_owner@db/rowhouse';
    const apart = readEnvironment({ ...PRODUCTION, MIGRATION_DATABASE_URL: owner });
    expect(apart.database).toMatchObject({ url: PRODUCTION.DATABASE_URL, migrationUrl: owner });
  });

  it('believes the proxies that it is told of, and never everybody', () => {
    const trusted = (value: string) => readEnvironment({ TRUST_PROXY: value }).server.trustProxy;
    expect(readEnvironment(PRODUCTION).server.trustProxy).toBe(false);
    expect(trusted('false')).toBe(false);
    expect(trusted('2')).toBe(2);
    const proxies = ['10.0.0.0/8', '192.0.2.7', 'fd00::/8', 'loopback'];
    expect(trusted(proxies.join(', '))).toEqual(proxies);
    for (const value of ['true', '0', '*', '0.0.0.0/0', '10.0.0.0/33', '10.0.0', 'proxy.example']) {
      expect(faultsOf({ TRUST_PROXY: value })).toEqual([
        expect.stringMatching(/^TRUST_PROXY has ".*"; it takes false, how many proxies/),
      ]);
    }
  });

  it('limits sign-ins, and leaves a thread beside the work on passwords', () => {
    const { signIn, passwords } = readEnvironment({ SIGN_IN_WINDOW_SECONDS: '60' });
    expect(signIn).toEqual({
      perAddress: { times: 50, seconds: 60 },
      perAccount: { times: 100, seconds: 3_600 },
      perPair: { times: 10, seconds: 60 },
    });
    expect(passwords.atOnce).toBeGreaterThanOrEqual(1);
    expect(passwords.atOnce).toBeLessThanOrEqual(3);
  });

  it('cannot be changed afterwards', () => {
    const environment = readEnvironment({});
    expect(() => Object.assign(environment.server.limits, { depth: 99 })).toThrow(TypeError);
    expect(() => (environment.server.corsOrigins as string[]).push('*')).toThrow(TypeError);
  });

  it('is explained variable by variable in .env.example, with the defaults of development', () => {
    const read = new Set<string>();
    const watched = new Proxy({} as NodeJS.ProcessEnv, {
      get(_env, name) {
        read.add(String(name));
        return undefined;
      },
    });
    const defaults = readEnvironment(watched);
    const example = readFileSync(new URL('../../.env.example', import.meta.url), 'utf8');
    const settings = [...example.matchAll(/^# ?([A-Z_]+)=(.*)$/gm)];
    expect(settings.map(([, name]) => name).sort()).toEqual([...read].sort());
    // What the file shows is what one gets without it.
    const shown = Object.fromEntries(settings.map(([, name, value]) => [name, value]));
    expect(readEnvironment(shown)).toEqual(defaults);
  });
});
