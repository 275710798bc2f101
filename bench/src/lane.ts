import type { CallSource, PlannedCall } from './call-source.ts';
import { Connection, toBytes } from './connection.ts';
import type { RunningServer } from './running-server.ts';
import type { Tally } from './tally.ts';

interface PreparedCall extends PlannedCall {
  readonly request: Buffer;
}

/** How many more are prepared when a lane runs out of requests while the clock runs. */
const REFILL = 16;

/** One connection and the requests that wait to go over it. */
export class Lane {
  readonly #server: RunningServer;
  readonly #source: CallSource;
  readonly #tally: Tally;
  readonly #connection: Connection;
  /** The next one last. */
  #prepared: PreparedCall[] = [];

  constructor(server: RunningServer, source: CallSource, tally: Tally) {
    this.#server = server;
    this.#source = source;
    this.#tally = tally;
    this.#connection = new Connection(server.origin);
  }

  async prepare(count: number): Promise<void> {
    const planned = Array.from({ length: count }, () => this.#source.next());
    this.#prepared = (await Promise.all(planned.map((each) => this.#prepare(each)))).reverse();
  }

  /**
   * @param due when the request should have been sent, by `performance.now()`
   * @param onDone called once it is answered, and counted
   */
  send(due: number, onDone: () => void): void {
    const prepared = this.#prepared.pop();
    if (prepared === undefined) {
      this.prepare(REFILL).then(() => this.send(due, onDone));
      return;
    }
    this.#connection.send(prepared.request, (status, body) => {
      this.#count(prepared, status, body, performance.now() - due);
      onDone();
    });
  }

  close(): void {
    this.#connection.close();
  }

  async #prepare({ call, task }: PlannedCall): Promise<PreparedCall> {
    return { call, task, request: toBytes(await this.#server.server.request(call)) };
  }

  #count({ call, task }: PreparedCall, status: number, body: Buffer, milliseconds: number): void {
    if (status === 200 && !body.includes('"errors"')) {
      if (task) task.version++;
      this.#tally.succeed(call, body, milliseconds);
    } else {
      this.#tally.fail(failureOf(status, body));
    }
  }
}

/** A code where there is one, else the beginning of what was said. */
function failureOf(status: number, body: Buffer): string {
  const text = body.toString();
  const code = /"code":"(\w+)"/.exec(text)?.[1];
  return `${status} ${code ?? text.slice(0, 120)}`;
}
