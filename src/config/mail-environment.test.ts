import { describe, expect, it } from '@jest/globals';
import { faultsOf, PRODUCTION } from '../../test/support/environment-faults.js';
import { readEnvironment } from './environment.js';

describe('the settings of mail', () => {
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
});
