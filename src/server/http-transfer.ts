import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';
import type { FastifyReply } from 'fastify';
import type { TransferSettings } from '../config/environment.js';
import { badField } from '../shared/errors.js';
import type { RouteAnswer, Transfer } from '../shared/http-route.js';

/** There is nobody any more who would hear the answer, nor what went wrong. */
export class ClientGoneError extends Error {
  override readonly name = 'ClientGoneError';

  constructor() {
    super('The client has closed the connection.');
  }
}

export interface HttpTransferOptions {
  readonly request: IncomingMessage;
  readonly reply: FastifyReply;
  readonly answer: Pick<RouteAnswer<unknown>, 'mediaType' | 'fileName'>;
  /** That the body may have. */
  readonly mostBytes: number;
  readonly settings: TransferSettings;
}

/**
 * The body and the answer of one request, neither of them ever in memory as a whole. The answer's head leaves
 * with the first that is sent: until then the request can still be answered by an error with a status.
 */
export class HttpTransfer implements Transfer {
  readonly #options: HttpTransferOptions;
  readonly #out = new PassThrough();
  readonly #deadline: NodeJS.Timeout;
  #hasBegun = false;
  /** Why nothing more may come or go. */
  #interruption: Error | undefined;
  #interrupted: ((error: Error) => void) | undefined;

  constructor(options: HttpTransferOptions) {
    this.#options = options;
    const { reply, settings } = options;
    reply.raw.once('close', () => this.#interrupt(new ClientGoneError()));
    this.#deadline = setTimeout(
      () => this.#interrupt(tookTooLong(settings.durationLimitMs)),
      settings.durationLimitMs,
    ).unref();
  }

  /** Whether part of the answer has left. */
  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  get body(): AsyncIterable<Uint8Array> {
    return this.#read();
  }

  send(text: string): void {
    this.assertHeard();
    this.#begin();
    this.#out.write(text);
  }

  async taken(): Promise<void> {
    this.assertHeard();
    if (this.#out.writableNeedDrain) await this.#patiently(once(this.#out, 'drain'));
  }

  /** @throws ClientGoneError, or what else has ended the transfer before its time */
  assertHeard(): void {
    if (this.#interruption) throw this.#interruption;
  }

  /** The last of the answer. */
  end(text: string): void {
    this.close();
    this.#begin();
    this.#out.end(text);
  }

  /** Ends without an end, so that the client notices that something is lacking. */
  cut(): void {
    this.close();
    this.#options.reply.raw.destroy();
  }

  /** Nothing more comes or goes this way but an error. */
  close(): void {
    clearTimeout(this.#deadline);
    this.#discardRest();
  }

  #begin(): void {
    if (this.#hasBegun) return;
    this.#hasBegun = true;
    const { reply, answer } = this.#options;
    if (answer.fileName !== undefined) {
      reply.header('content-disposition', `attachment; filename="${answer.fileName}"`);
    }
    void reply.code(200).type(answer.mediaType).send(this.#out);
  }

  async *#read(): AsyncGenerator<Uint8Array> {
    const { request, mostBytes } = this.#options;
    // Destroying it would take the connection along, and the answer with it.
    const chunks = request.iterator({ destroyOnReturn: false });
    let bytes = 0;
    for (;;) {
      const next = chunks.next().catch(() => {
        throw this.#interruption ?? new ClientGoneError();
      });
      const { done, value } = await this.#patiently(next);
      if (done) return;
      const chunk: Uint8Array = value;
      bytes += chunk.length;
      if (bytes > mostBytes) throw tooLarge(mostBytes);
      yield chunk;
    }
  }

  /** Most clients look for the answer only when they have sent everything; they get some time for it. */
  #discardRest(): void {
    const { request, settings } = this.#options;
    if (request.readableEnded || request.destroyed) return;
    request.removeAllListeners('readable');
    setImmediate(() => request.resume());
    const timer = setTimeout(() => request.destroy(), settings.stallLimitMs).unref();
    request.once('close', () => clearTimeout(timer));
  }

  /** Waits for the client, but not for ever. */
  async #patiently<T>(work: Promise<T>): Promise<T> {
    this.assertHeard();
    const { stallLimitMs } = this.#options.settings;
    let timer: NodeJS.Timeout | undefined;
    const interrupted = new Promise<never>((_, reject) => {
      this.#interrupted = reject;
      timer = setTimeout(() => reject(hasStalled(stallLimitMs)), stallLimitMs).unref();
    });
    // Whichever of the two comes later has nobody left to tell.
    work.catch(() => undefined);
    interrupted.catch(() => undefined);
    try {
      return await Promise.race([work, interrupted]);
    } finally {
      clearTimeout(timer);
      this.#interrupted = undefined;
    }
  }

  #interrupt(error: Error): void {
    this.#interruption ??= error;
    this.#interrupted?.(error);
  }
}

/** @param mostBytes that there may be */
export function tooLarge(mostBytes: number) {
  return badField('body', `Must have at most ${mostBytes} bytes. Split the file.`);
}

function hasStalled(ms: number) {
  return badField('body', `Nothing has come for ${ms / 1_000} seconds. Send it again.`);
}

function tookTooLong(ms: number) {
  return badField('body', `Has taken longer than ${ms / 1_000} seconds. Split the file.`);
}
