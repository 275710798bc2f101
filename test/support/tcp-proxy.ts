import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** When a connection is cut: before what was sent arrives, or after it was answered. */
export type CutMoment = 'before it arrives' | 'after it was answered';

/** Which statements count. */
export interface Counting {
  /** From the one with this text on; before it a server may do something of its own accord. */
  from?: string;
}

/** A pair of sockets: the client's, and ours to the server. */
interface Link {
  client: Socket;
  server: Socket;
}

/** What stands in the way of one connection's bytes, from a moment on at which neither side was saying anything. */
interface Watch {
  /** @returns whether the bytes were seen to */
  sent(link: Link, chunk: Buffer): boolean;
  /** @returns whether the bytes may be passed on */
  answered(link: Link, chunk: Buffer): boolean;
}

/**
 * Stands between a client and a server, and does to their connections what networks, failovers and
 * restarts do to them.
 */
export class TcpProxy {
  readonly #target: { host: string; port: number };
  readonly #links = new Set<Link>();
  #listener: Server;
  #port = 0;
  #stalled = false;
  #trap: { text: string; spring: (link: Link, chunk: Buffer) => void } | undefined;
  #watch: Watch | undefined;

  private constructor(target: { host: string; port: number }) {
    this.#target = target;
    this.#listener = this.#createListener();
  }

  /** A proxy in front of the server of this URL. */
  static async inFrontOf(url: string): Promise<TcpProxy> {
    const { hostname, port } = new URL(url);
    const proxy = new TcpProxy({ host: hostname, port: Number(port || 5432) });
    await proxy.comeBack();
    return proxy;
  }

  /** The same URL, through the proxy. */
  through(url: string): string {
    const proxied = new URL(url);
    proxied.hostname = '127.0.0.1';
    proxied.port = String(this.#port);
    return proxied.href;
  }

  /** Cuts every connection that is open. */
  cut(): void {
    for (const link of this.#links) this.#end(link);
  }

  /** Cuts every connection and refuses new ones, as a server does that has been stopped. */
  async goAway(): Promise<void> {
    const closed = once(this.#listener, 'close');
    this.#listener.close();
    this.cut();
    await closed;
  }

  async comeBack(): Promise<void> {
    if (this.#listener.listening) return;
    this.#listener = this.#createListener();
    this.#listener.listen(this.#port, '127.0.0.1');
    await once(this.#listener, 'listening');
    this.#port = (this.#listener.address() as AddressInfo).port;
  }

  /** Takes connections and bytes, and passes nothing on, as a network does that has been split. */
  stall(): void {
    this.#stalled = true;
    for (const { client, server } of this.#links) {
      client.pause();
      server.pause();
    }
  }

  /** Passes on what was held back, and all that follows. */
  resume(): void {
    this.#stalled = false;
    for (const { client, server } of this.#links) {
      client.resume();
      server.resume();
    }
  }

  /** Cuts the connection whose client sends this text next. Resolves when that has happened. */
  cutAt(text: string, moment: CutMoment): Promise<void> {
    return this.#trapAt(text, (link, chunk, done) => {
      const cut = () => {
        this.#end(link);
        done();
      };
      if (moment === 'before it arrives') return cut();
      link.server.removeAllListeners('data').once('data', cut);
      link.server.write(chunk);
    });
  }

  /**
   * Counts the statements that PostgreSQL executes for the clients from now on, until the returned function is called.
   * For connections that are idle now.
   */
  countStatements({ from }: Counting = {}): () => number {
    const statements = new Statements(from);
    let count = 0;
    this.#watch = {
      sent(_link, chunk) {
        count += statements.read(chunk).length;
        return false;
      },
      answered: () => true,
    };
    return () => {
      this.#watch = undefined;
      return count;
    };
  }

  /**
   * Cuts the connection at the `nth` statement that is executed from now on: before it arrives, or when it was
   * executed, and nobody hears of it. For a pool of one connection, which is idle when the first one comes. Resolves
   * when that has happened.
   *
   * @param end what else happens at that moment: to the client, or to its backend, which knows it by this port
   */
  cutAtStatement(
    nth: number,
    moment: CutMoment,
    { from, end }: Counting & { end?: ((port: number) => Promise<void>) | undefined } = {},
  ): Promise<void> {
    return new Promise((done) => {
      const [statements, answered] = [new Statements(from), new Messages()];
      let executed = 0;
      let ready = 0;
      const cut = async (link: Link) => {
        // From here on neither side hears of the other: an answer without the one before it would be taken for that.
        this.#watch = { sent: () => true, answered: () => false };
        await end?.(link.server.localPort as number);
        this.#end(link);
        this.#watch = undefined;
        done();
      };
      this.#watch = {
        sent: (link, chunk) => {
          for (const start of statements.read(chunk)) {
            if (++executed !== nth || moment !== 'before it arrives') continue;
            link.server.write(chunk.subarray(0, start));
            void cut(link);
            return true;
          }
          return false;
        },
        answered: (link, chunk) => {
          if (moment === 'before it arrives' || executed === 0) return true;
          for (const { type } of answered.read(chunk)) if (type === READY) ready++;
          // With what belongs to it, the answer to the last one is what nobody hears.
          if (ready < nth) return true;
          void cut(link);
          return false;
        },
      };
    });
  }

  /** Stalls as soon as a client sends this text, which is held back with all that follows. */
  stallAt(text: string): Promise<void> {
    return this.#trapAt(text, (link, chunk, done) => {
      this.stall();
      link.client.unshift(chunk);
      done();
    });
  }

  /** Puts other text of the same length in the place of this one, the next time a client sends it. */
  replaceAt(text: string, other: string): Promise<void> {
    return this.#trapAt(text, ({ server }, chunk, done) => {
      const replaced = Buffer.from(chunk);
      replaced.write(other, replaced.indexOf(text));
      server.write(replaced);
      done();
    });
  }

  #trapAt(text: string, spring: (link: Link, chunk: Buffer, done: () => void) => void) {
    return new Promise<void>((done) => {
      this.#trap = { text, spring: (link, chunk) => spring(link, chunk, done) };
    });
  }

  async close(): Promise<void> {
    if (this.#listener.listening) await this.goAway();
  }

  #createListener(): Server {
    return createServer((client) => this.#link(client));
  }

  #link(client: Socket): void {
    const link: Link = { client, server: connect(this.#target) };
    const { server } = link;
    this.#links.add(link);
    for (const socket of [client, server]) {
      socket.setNoDelay(true);
      socket.on('error', () => undefined);
      socket.on('close', () => this.#end(link));
    }
    client.on('data', (chunk: Buffer) => {
      if (this.#watch?.sent(link, chunk)) return;
      const trap = this.#trap;
      if (!trap || !chunk.includes(trap.text)) {
        server.write(chunk);
        return;
      }
      this.#trap = undefined;
      trap.spring(link, chunk);
    });
    server.on('data', (chunk: Buffer) => {
      if (this.#watch && !this.#watch.answered(link, chunk)) return;
      client.write(chunk);
    });
    if (this.#stalled) {
      client.pause();
      server.pause();
    }
  }

  #end(link: Link): void {
    this.#links.delete(link);
    link.client.destroy();
    link.server.destroy();
  }
}

/** Messages that make PostgreSQL execute something: a simple query, and a prepared one. */
const EXECUTES: ReadonlySet<string> = new Set(['Q', 'E']);
/** What the answer to one of them ends with. */
const READY = 'Z';

interface Message {
  type: string;
  start: number;
  content: Buffer;
}

/** Finds what a client has executed, from the message with a certain text on; by default from the first. */
class Statements {
  readonly #sent = new Messages();
  readonly #from: string;
  #isBegun = false;

  constructor(from = '') {
    this.#from = from;
  }

  /** @returns where in `chunk` each begins */
  read(chunk: Buffer): number[] {
    const starts: number[] = [];
    for (const { type, start, content } of this.#sent.read(chunk)) {
      this.#isBegun ||= content.includes(this.#from);
      if (this.#isBegun && EXECUTES.has(type)) starts.push(start);
    }
    return starts;
  }
}

/**
 * Finds the messages in what comes over a connection, from the beginning of one.
 * https://www.postgresql.org/docs/current/protocol-message-formats.html
 */
class Messages {
  #rest = Buffer.alloc(0);

  /** @returns those that are complete by now, with where they begin in `chunk`; 0 for one that has begun before */
  read(chunk: Buffer): Message[] {
    const bytes = Buffer.concat([this.#rest, chunk]);
    const before = this.#rest.length;
    const found: Message[] = [];
    let at = 0;
    while (bytes.length >= at + 5) {
      const end = at + 1 + bytes.readInt32BE(at + 1);
      if (bytes.length < end) break;
      found.push({
        type: String.fromCharCode(bytes[at] as number),
        start: Math.max(at - before, 0),
        content: bytes.subarray(at + 5, end),
      });
      at = end;
    }
    this.#rest = bytes.subarray(at);
    return found;
  }
}
