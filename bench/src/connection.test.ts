import assert from 'node:assert/strict';
import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection, toBytes } from './connection.ts';

const REQUEST = toBytes({ method: 'POST', path: '/', headers: { a: 'b' }, body: 'ünï' });

describe('Connection', () => {
  let server: Server;
  let connection: Connection;

  afterEach(() => {
    connection.close();
    server.close();
  });

  /** A server that answers every request with these pieces, one after the other. */
  async function connectTo(...pieces: readonly string[]): Promise<void> {
    server = createServer((socket) => socket.on('data', () => answer(socket, pieces)));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    assert(typeof address === 'object' && address !== null);
    connection = new Connection(`http://127.0.0.1:${address.port}`);
  }

  it('reads a body of known length, in whatever pieces it comes', async () => {
    await connectTo('HTTP/1.1 200 OK\r\nContent-Le', 'ngth: 5\r\n\r\nhe', 'llo');
    assert.deepEqual(await ask(connection), [200, 'hello']);
    assert.deepEqual(await ask(connection), [200, 'hello']);
  });

  it('reads a chunked body', async () => {
    const head = 'HTTP/1.1 503 Busy\r\nTransfer-Encoding: chunked\r\n\r\n';
    await connectTo(head, '5\r\nhe', 'llo\r\nA\r\n, chunked\n\r\n', '0\r\n\r\n');
    assert.deepEqual(await ask(connection), [503, 'hello, chunked\n']);
  });

  it('reads an answer without a body', async () => {
    await connectTo('HTTP/1.1 204 No Content\r\n\r\n');
    assert.deepEqual(await ask(connection), [204, '']);
  });

  it('tells when nobody answers, and connects again for the next request', async () => {
    await connectTo('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    server.once('connection', (socket) => socket.destroy());
    const [status] = await ask(connection);
    assert.equal(status, 0);
    assert.deepEqual(await ask(connection), [200, 'ok']);
  });
});

describe('toBytes', () => {
  it('counts the body in bytes', () => {
    assert.equal(
      REQUEST.toString(),
      'POST / HTTP/1.1\r\nhost: localhost\r\na: b\r\ncontent-length: 5\r\n\r\nünï',
    );
  });

  it('gives a GET no length', () => {
    assert(!toBytes({ method: 'GET', path: '/', headers: {} }).includes('content-length'));
  });
});

async function answer(socket: Socket, pieces: readonly string[]): Promise<void> {
  for (const piece of pieces) {
    socket.write(piece);
    // Long enough for each piece to arrive by itself.
    await sleep(5);
  }
}

function ask(connection: Connection): Promise<[number, string]> {
  return new Promise((resolve) => {
    connection.send(REQUEST, (status, body) => resolve([status, body.toString()]));
  });
}
