import { Client, type Dispatcher } from 'undici';

/** @param status of HTTP; 0 when no answer came, with the reason as `body` */
export type OnAnswer = (status: number, body: Buffer) => void;

/**
 * One kept-alive connection, with one request on its way at a time. As lean as the driver allows, because
 * the servers share the machine with it: one handler for all requests, no streams, no promises.
 */
export class Connection {
  readonly #client: Client;
  readonly #handler: Dispatcher.DispatchHandler;
  #onAnswer: OnAnswer = () => undefined;
  #status = 0;
  #chunks: Buffer[] = [];

  constructor(origin: string) {
    this.#client = new Client(origin, { pipelining: 1, headersTimeout: 30_000 });
    this.#handler = {
      onRequestStart: () => undefined,
      onResponseStart: (_controller, status) => {
        this.#status = status;
      },
      onResponseData: (_controller, chunk) => {
        this.#chunks.push(chunk);
      },
      onResponseEnd: () => this.#answer(this.#status, this.#chunks),
      onResponseError: (_controller, error) => this.#answer(0, [Buffer.from(error.message)]),
    };
  }

  send(request: Dispatcher.DispatchOptions, onAnswer: OnAnswer): void {
    this.#onAnswer = onAnswer;
    this.#chunks = [];
    this.#client.dispatch(request, this.#handler);
  }

  close(): Promise<void> {
    return this.#client.destroy();
  }

  #answer(status: number, chunks: readonly Buffer[]): void {
    const [first] = chunks;
    this.#onAnswer(status, chunks.length === 1 && first ? first : Buffer.concat(chunks));
  }
}
