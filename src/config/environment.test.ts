import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { faultsOf, PRODUCTION } from '../../test/support/environment-faults.js';
import { ConfigurationError } from './configuration.error.js';
import { readEnvironment } from './environment.js';

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

  it('migrates with the serving role’s URL when there is no other', () => {
    const { database } = readEnvironment(PRODUCTION);
    expect(database.migrationUrl).toBe(PRODUCTION.DATABASE_URL);
    const owner = 'postgres://rowhouse_owner@db/rowhouse';
    const apart = readEnvironment({ ...PRODUCTION, MIGRATION_DATABASE_URL: owner });
    expect(apart.database).toMatchObject({ url: PRODUCTION.DATABASE_URL, migrationUrl: owner });
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
