import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import PostalMime, { type Email } from 'postal-mime';
import { SMTPServer, type SMTPServerSession } from 'smtp-server';

/** A message as a mail server was given it. */
export interface TakenMessage {
  /** Of the envelope, which is what counts. */
  from: string;
  to: string[];
  /** To the letter. */
  raw: string;
  email: Email;
}

/** A real SMTP server on the loopback interface that can misbehave. */
export class TestSmtpServer {
  /** What was taken over, and said to be. */
  readonly taken: TakenMessage[] = [];
  /** What was taken over, and the connection cut off instead of an answer. */
  readonly unanswered: TakenMessage[] = [];
  /** How many connections there were. */
  connections = 0;
  /** Of the next messages, so many are taken over without an answer. */
  cutOff = 0;
  /** Answers for recipients, by address: `550 No such user`. */
  readonly refusals = new Map<string, { code: number; message: string }>();
  /** Messages are taken only when this has resolved. */
  #gate: Promise<void> = Promise.resolve();
  #server: SMTPServer | undefined;
  #port = 0;

  static async start(): Promise<TestSmtpServer> {
    const server = new TestSmtpServer();
    await server.comeBack();
    return server;
  }

  get url(): string {
    return `smtp://127.0.0.1:${this.#port}`;
  }

  /** Takes no message before what it returns is called. */
  hold(): () => void {
    let release = () => {};
    this.#gate = new Promise((resolve) => {
      release = resolve;
    });
    return release;
  }

  /** Listens, where it did before. */
  async comeBack(): Promise<void> {
    const server = new SMTPServer({
      authOptional: true,
      // Its certificate is nobody's.
      disabledCommands: ['STARTTLS', 'AUTH'],
      closeTimeout: 100,
      logger: false,
      onConnect: (_session, callback) => {
        this.connections++;
        callback();
      },
      onRcptTo: ({ address }, _session, callback) => {
        const refusal = this.refusals.get(address);
        if (!refusal) return callback();
        callback(Object.assign(new Error(refusal.message), { responseCode: refusal.code }));
      },
      onData: (stream, session, callback) => {
        const chunks: Buffer[] = [];
        stream.on('data', (chunk: Buffer) => chunks.push(chunk));
        stream.on('end', async () => {
          const message = await read(Buffer.concat(chunks), session);
          if (this.cutOff > 0) {
            this.cutOff--;
            this.unanswered.push(message);
            return cut(server, session);
          }
          await this.#gate;
          this.taken.push(message);
          callback();
        });
      },
    });
    // Who is cut off in the middle of a command is no failure of a test.
    server.on('error', () => undefined);
    server.listen(this.#port, '127.0.0.1');
    await once(server.server, 'listening');
    this.#port = (server.server.address() as AddressInfo).port;
    this.#server = server;
  }

  /** Cuts everybody off, and is not to be reached any more. */
  async goAway(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server) await new Promise<void>((resolve) => server.close(() => resolve()));
  }
}

async function read(raw: Buffer, { envelope }: SMTPServerSession): Promise<TakenMessage> {
  return {
    from: envelope.mailFrom ? envelope.mailFrom.address : '',
    to: envelope.rcptTo.map(({ address }) => address),
    raw: raw.toString('utf8'),
    email: await PostalMime.parse(raw),
  };
}

function cut(server: SMTPServer, { id }: SMTPServerSession): void {
  for (const connection of server.connections) {
    const { session, _socket: socket } = connection as unknown as {
      session: SMTPServerSession;
      _socket: { destroy(): void };
    };
    if (session.id === id) socket.destroy();
  }
}
