import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** A statement as a client has sent it. */
export interface SentStatement {
  text: string;
  /** OIDs that the client gave for the parameters; 0 or nothing where it left that to the server. */
  types: readonly number[];
  /** Parameters in their text form. */
  values: readonly (string | null)[];
  /** The `SET LOCAL` statements of the transaction up to here, `; ` between; empty without any. */
  context: string;
}

/**
 * Stands between a client and PostgreSQL, passes everything on, and takes down every statement that has
 * a plan. Read from the protocol itself, so it is what is really sent, whichever library sends it.
 * https://www.postgresql.org/docs/current/protocol-message-formats.html
 */
export class WireTap {
  readonly #listener: Server;
  readonly #sockets = new Set<Socket>();
  #sent: SentStatement[] = [];

  private constructor(target: { host: string; port: number }) {
    this.#listener = createServer((client) => {
      const server = connect(target);
      const reader = new ClientMessages((statement) => this.#sent.push(statement));
      for (const [socket, other] of [
        [client, server],
        [server, client],
      ] as const) {
        this.#sockets.add(socket);
        socket.setNoDelay(true);
        socket.on('error', () => undefined);
        socket.on('close', () => {
          this.#sockets.delete(socket);
          other.destroy();
        });
      }
      client.on('data', (chunk: Buffer) => {
        reader.read(chunk);
        server.write(chunk);
      });
      server.on('data', (chunk) => client.write(chunk));
    });
  }

  /** A tap in front of the server of this URL. */
  static async inFrontOf(url: string): Promise<WireTap> {
    const { hostname, port } = new URL(url);
    const tap = new WireTap({ host: hostname, port: Number(port || 5432) });
    tap.#listener.listen(0, '127.0.0.1');
    await once(tap.#listener, 'listening');
    return tap;
  }

  /** The same URL, through the tap. */
  through(url: string): string {
    const tapped = new URL(url);
    tapped.hostname = '127.0.0.1';
    tapped.port = String((this.#listener.address() as AddressInfo).port);
    return tapped.href;
  }

  /** What was sent since the last call. */
  take(): SentStatement[] {
    return this.#sent.splice(0);
  }

  async close(): Promise<void> {
    const closed = once(this.#listener, 'close');
    this.#listener.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}

const PROTOCOL_3 = 196_608;
/** What EXPLAIN can explain; all else are commands. */
const HAS_PLAN = /^[\s(]*(SELECT|WITH|INSERT|UPDATE|DELETE|MERGE|VALUES|TABLE)\b/i;
const ENDS_TRANSACTION = /^\s*(COMMIT|END|ABORT|ROLLBACK(?!\s+TO))\b/i;
const SETS_CONTEXT = /\bSET\s+LOCAL\s+[^;]+/gi;

/** Puts the messages of one connection's client together. */
class ClientMessages {
  #rest = Buffer.alloc(0);
  #started = false;
  readonly #parsed = new Map<string, { text: string; types: number[] }>();
  #context: string[] = [];

  constructor(readonly note: (statement: SentStatement) => void) {}

  read(chunk: Buffer): void {
    let bytes = Buffer.concat([this.#rest, chunk]);
    for (;;) {
      // Only what a connection begins with has no letter in front.
      const letter = this.#started ? 1 : 0;
      if (bytes.length < letter + 4) break;
      const end = letter + bytes.readInt32BE(letter);
      if (bytes.length < end) break;
      const body = new Fields(bytes.subarray(letter + 4, end));
      if (this.#started) this.#message(String.fromCharCode(bytes[0] as number), body);
      else this.#started = body.int32() === PROTOCOL_3;
      bytes = bytes.subarray(end);
    }
    this.#rest = bytes;
  }

  #message(type: string, body: Fields): void {
    if (type === 'Q') this.#executed(body.text(), [], []);
    if (type === 'P') {
      const name = body.text();
      this.#parsed.set(name, { text: body.text(), types: body.list(() => body.int32()) });
    }
    if (type === 'B') {
      body.text();
      const statement = this.#parsed.get(body.text());
      const formats = body.list(() => body.int16());
      const isBinary = (index: number) => (formats[formats.length === 1 ? 0 : index] ?? 0) === 1;
      let index = 0;
      const values = body.list(() => body.value(isBinary(index++)));
      if (statement) this.#executed(statement.text, statement.types, values);
    }
  }

  #executed(text: string, types: number[], values: (string | null)[]): void {
    if (ENDS_TRANSACTION.test(text)) this.#context = [];
    else if (HAS_PLAN.test(text)) {
      this.note({ text, types, values, context: this.#context.join('; ') });
    } else this.#context.push(...(text.match(SETS_CONTEXT) ?? []));
  }
}

/** Reads the fields of a message one after the other. */
class Fields {
  #at = 0;

  constructor(readonly bytes: Buffer) {}

  int16(): number {
    this.#at += 2;
    return this.bytes.readInt16BE(this.#at - 2);
  }

  int32(): number {
    this.#at += 4;
    return this.bytes.readInt32BE(this.#at - 4);
  }

  text(): string {
    const start = this.#at;
    this.#at = this.bytes.indexOf(0, start) + 1;
    return this.bytes.toString('utf8', start, this.#at - 1);
  }

  list<T>(read: () => T): T[] {
    return Array.from({ length: this.int16() }, read);
  }

  value(isBinary: boolean): string | null {
    const length = this.int32();
    if (length < 0) return null;
    this.#at += length;
    const bytes = this.bytes.subarray(this.#at - length, this.#at);
    // The one binary form that drivers send is a Buffer's, for bytea.
    return isBinary ? `\\x${bytes.toString('hex')}` : bytes.toString('utf8');
  }
}
