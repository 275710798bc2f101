import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { limitArrival } from './http-errors.js';

describe('a limit on arrival', () => {
  const server = createServer((request, response) => {
    limitArrival(request, 200);
    request.resume().once('end', () => response.end('whole'));
  });
  let port: number;

  beforeAll(async () => {
    await once(server.listen(0, '127.0.0.1'), 'listening');
    port = (server.address() as AddressInfo).port;
  });

  afterAll(() => {
    server.close();
  });

  async function sent(...parts: string[]): Promise<string> {
    const socket = connect(port, '127.0.0.1');
    socket.write(['POST / HTTP/1.1', 'host: x', ...parts].join('\r\n'));
    const [answer] = await once(socket, 'data');
    socket.destroy();
    return String(answer);
  }

  it.each([
    ['of a length', 'content-length: 3'],
    ['in chunks', 'transfer-encoding: chunked'],
  ])('ends a request whose body, %s, does not come', async (_what, header) => {
    expect(await sent(header, '', '')).toMatch(/^HTTP\/1\.1 408 .*took too long to arrive/s);
  });

  it('leaves one alone that is there', async () => {
    expect(await sent('content-length: 3', '', 'abc')).toMatch(/^HTTP\/1\.1 200 .*whole/s);
  });

  it('is none of what the server asks itself, which comes by no network', async () => {
    const socket = { writable: false };
    const request = { headers: { 'content-length': '5' }, socket, once: () => undefined };
    limitArrival(request as never, 1);
    // Its timer would call what such a socket has not.
    await new Promise((resume) => setTimeout(resume, 30));
  });
});
