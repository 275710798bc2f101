import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { IssuerClient, IssuerFault } from './issuer-client.js';

const STRICT = { allowPrivateAddresses: false, allowInsecureLoopback: false };

describe('an issuer’s address', () => {
  it.each([
    'http://issuer.example.com',
    'ftp://issuer.example.com',
    'https://user@issuer.example.com',
    'https://issuer.example.com/#x',
    'https://localhost/',
    'https://localhost./',
    'https://a.localhost/',
    'https://127.0.0.1/',
    'https://0x7f.1/',
    'https://2130706433/',
    'https://0.0.0.0/',
    'https://10.1.2.3/',
    'https://100.64.0.1/',
    'https://169.254.169.254/',
    'https://172.31.0.1/',
    'https://192.168.1.1/',
    'https://224.0.0.1/',
    'https://255.255.255.255/',
    'https://[::]/',
    'https://[::1]/',
    'https://[::ffff:10.0.0.1]/',
    'https://[::ffff:1.1.1.1]/',
    'https://[64:ff9b::a00:1]/',
    'https://[5f00::1]/',
    'https://[3fff::1]/',
    'https://[fd00::1]/',
    'https://[fe80::1]/',
  ])('is refused when it is %s', (address) => {
    expect(new IssuerClient(STRICT).addressFault(address)).toMatch(/\.$/);
  });

  it.each(['https://issuer.example.com/a?b', 'https://1.1.1.1/', 'https://[2606:4700::1111]/'])(
    'is taken when it is %s',
    (address) => {
      expect(new IssuerClient(STRICT).addressFault(address)).toBeNull();
    },
  );

  it('may be on this machine, without encryption, where that is allowed', () => {
    const local = new IssuerClient({ allowPrivateAddresses: true, allowInsecureLoopback: true });
    expect(local.addressFault('http://127.0.0.1:3000')).toBeNull();
    expect(local.addressFault('http://localhost:3000')).toBeNull();
    expect(local.addressFault('https://10.0.0.1')).toBeNull();
    expect(local.addressFault('http://10.0.0.1')).toBe('It must begin with https://.');
  });

  it('is not connected to where its name leads into a private network', async () => {
    let connections = 0;
    const server = createServer((socket) => {
      connections++;
      socket.destroy();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `https://issuer.example.com:${(server.address() as AddressInfo).port}/`;
    const lookup = (_name: string, _options: object, callback: (...found: never[]) => void) =>
      (callback as (...found: unknown[]) => void)(null, [{ address: '127.0.0.1', family: 4 }]);
    try {
      const client = new IssuerClient({ ...STRICT, lookup });
      await expect(client.fetchJson(url, 'org')).rejects.toThrow(IssuerFault);
      expect(connections).toBe(0);
    } finally {
      server.close();
    }
  });
});
