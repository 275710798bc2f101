import { connect, type Socket } from 'node:net';
import type { HttpRequest } from './server-under-test.ts';

/** @param status of HTTP; 0 when no answer came, with the reason as `body` */
export type OnAnswer = (status: number, body: Buffer) => void;

const END_OF_HEAD = Buffer.from('\r\n\r\n');
const NOTHING = Buffer.alloc(0);

/**
 * One kept-alive connection, with one request on its way at a time.
 *
 * The servers share the machine with it, so it speaks no more HTTP/1.1 (RFC 9112) than they need: requests
 * are bytes made beforehand, and of an answer it looks at the status and the length. A general client,
 * undici's, took twice the processor time.
 */
export class Connection {
  readonly #hostname: string;
  readonly #port: number;
  #socket: Socket;
  #onAnswer: OnAnswer | undefined;
  #received: Buffer = NOTHING;

  constructor(origin: string) {
    const { hostname, port } = new URL(origin);
    this.#hostname = hostname;
    this.#port = Number(port);
    this.#socket = this.#open();
  }

  /** @param request made by `toBytes` */
  send(request: Buffer, onAnswer: OnAnswer): void {
    this.#onAnswer = onAnswer;
    if (this.#socket.destroyed) this.#socket = this.#open();
    this.#socket.write(request);
  }

  close(): void {
    this.#socket.destroy();
  }

  #open(): Socket {
    const socket = connect({ host: this.#hostname, port: this.#port, noDelay: true });
    socket.on('data', (chunk) => this.#receive(chunk));
    // Always followed by `close`.
    socket.on('error', (error) => this.#answer(0, Buffer.from(error.message)));
    socket.on('close', () => {
      if (socket === this.#socket) this.#answer(0, Buffer.from('The connection was closed.'));
    });
    return socket;
  }

  #receive(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    const endOfHead = this.#received.indexOf(END_OF_HEAD);
    if (endOfHead === -1) return;
    const head = this.#received.toString('latin1', 0, endOfHead);
    const bodyAt = endOfHead + END_OF_HEAD.length;
    const body = isChunked(head)
      ? joinChunks(this.#received, bodyAt)
      : wholeBody(this.#received, bodyAt, head);
    if (body !== undefined) this.#answer(Number(head.slice(9, 12)), body);
  }

  #answer(status: number, body: Buffer): void {
    const onAnswer = this.#onAnswer;
    this.#onAnswer = undefined;
    this.#received = NOTHING;
    onAnswer?.(status, body);
  }
}

export function toBytes({ method, path, headers, body = '' }: HttpRequest): Buffer {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const length = method === 'GET' ? '' : `content-length: ${Buffer.byteLength(body)}\r\n`;
  return Buffer.from(
    `${method} ${path} HTTP/1.1\r\nhost: localhost\r\n${lines.join('')}${length}\r\n${body}`,
  );
}

function isChunked(head: string): boolean {
  return /\r\ntransfer-encoding: *chunked/i.test(head);
}

/** Undefined while there is more to come, as below. */
function wholeBody(received: Buffer, from: number, head: string): Buffer | undefined {
  const length = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0);
  return received.length < from + length ? undefined : received.subarray(from, from + length);
}

function joinChunks(received: Buffer, from: number): Buffer | undefined {
  const chunks: Buffer[] = [];
  for (let at = from; ; ) {
    const endOfLine = received.indexOf('\r\n', at);
    if (endOfLine === -1) return undefined;
    const size = Number.parseInt(received.toString('latin1', at, endOfLine), 16);
    const end = endOfLine + 2 + size;
    if (received.length < end + 2) return undefined;
    if (size === 0) return Buffer.concat(chunks);
    chunks.push(received.subarray(endOfLine + 2, end));
    at = end + 2;
  }
}
