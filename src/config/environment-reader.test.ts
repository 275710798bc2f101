import { describe, expect, it } from '@jest/globals';
import { faultsOf, PRODUCTION } from '../../test/support/environment-faults.js';
import { readEnvironment } from './environment.js';

describe('a setting', () => {
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

  it('takes an empty value for none, and a value with spaces around it for the value', () => {
    const { server } = readEnvironment({ PORT: '', HOST: '  ', MAX_ALIASES: ' 7 ' });
    expect(server).toMatchObject({ port: 4000, host: '127.0.0.1', limits: { aliases: 7 } });
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
});
