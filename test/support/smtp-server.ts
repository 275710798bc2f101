import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import PostalMime, { type Email } from 'postal-mime';
import { SMTPServer, type SMTPServerOptions, type SMTPServerSession } from 'smtp-server';
import type { Certificate } from './certificate.js';

/** A message as a mail server was given it. */
export interface TakenMessage {
  /** Of the envelope, which is what counts. */
  from: string;
  to: string[];
  /** To the letter. */
  raw: string;
  email: Email;
  /** Whether it came over an encrypted connection. */
  isEncrypted: boolean;
  /** Who has signed in to send it. */
  user: string | undefined;
}

/** What somebody has signed in with, or tried to. */
export interface Credentials {
  user: string | null | undefined;
  password: string | null | undefined;
  isEncrypted: boolean;
}

/** What a server asks for; nothing, and nothing encrypted, when left out. */
export interface SmtpServerOptions {
  /** Encrypts, with this one. */
  certificate?: Certificate;
  /** From the first byte on, or when STARTTLS is sent. */
  isEncryptedAtOnce?: boolean;
  /** Who may send; nobody else may then. */
  account?: { user: string; password: string };
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
  /** What was tried to sign in with. */
  readonly credentials: Credentials[] = [];
  /** Answers for recipients, by address: `550 No such user`. */
  readonly refusals = new Map<string, { code: number; message: string }>();
  /** Messages are taken only when this has resolved. */
  #gate: Promise<void> = Promise.resolve();
  #server: SMTPServer | undefined;
  #port = 0;
  readonly #options: SmtpServerOptions;

  constructor(options: SmtpServerOptions) {
    this.#options = options;
  }

  static async start(options: SmtpServerOptions = {}): Promise<TestSmtpServer> {
    const server = new TestSmtpServer(options);
    await server.comeBack();
    return server;
  }

  get url(): string {
    return `smtp://127.0.0.1:${this.port}`;
  }

  get port(): number {
    return this.#port;
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
      ...encryption(this.#options),
      authOptional: this.#options.account === undefined,
      disabledCommands: [
        ...(this.#options.certificate ? [] : ['STARTTLS']),
        ...(this.#options.account ? [] : ['AUTH']),
      ],
      onAuth: ({ username: user, password }, { secure: isEncrypted }, callback) => {
        const { account } = this.#options;
        this.credentials.push({ user, password, isEncrypted });
        if (user === account?.user && password === account?.password)
          return callback(null, { user });
        callback(new Error(`No, ${user}, that is not it`));
      },
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

function encryption({
  certificate,
  isEncryptedAtOnce = false,
}: SmtpServerOptions): SMTPServerOptions {
  // Whoever sends a password in clear shall be heard.
  if (!certificate) return { allowInsecureAuth: true };
  return { ...certificate, secure: isEncryptedAtOnce };
}

async function read(
  raw: Buffer,
  { envelope, secure, user }: SMTPServerSession,
): Promise<TakenMessage> {
  return {
    isEncrypted: secure,
    user,
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
