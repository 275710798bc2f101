import { describe, expect, it } from '@jest/globals';
import { isOwnHost } from './mailbox.hosts.js';

describe('a host', () => {
  it.each([
    'localhost',
    'localhost:4000',
    'LOCALHOST:4000',
    'acme.localhost:4000',
    '127.0.0.1:4000',
    '192.168.1.20:4000',
    '[::1]:4000',
  ])('%s is this machine', (host) => {
    expect(isOwnHost(host)).toBe(true);
  });

  it.each([
    undefined,
    '',
    ':4000',
    'evil.example',
    'evil.example:4000',
    'localhost.evil.example',
    '127.0.0.1.evil.example:4000',
    'localhost@evil.example',
    'notlocalhost',
    'localhost:4000:4000',
  ])('%s may be anybody', (host) => {
    expect(isOwnHost(host)).toBe(false);
  });
});
