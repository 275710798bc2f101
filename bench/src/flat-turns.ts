import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from './connection.ts';
import type { Series } from './flat-series.ts';
import { type ProcessorTime, usedBetween } from './processor-time.ts';

/** One series for a short while, alone. */
export interface Turn {
  /** Answered calls a second. */
  readonly throughput: number;
  /** Microseconds on the processor for each call. */
  readonly server: number;
  readonly postgres: number;
}

const CONNECTIONS = 16;
/** Before the clock starts: until all are under way. */
const LEAD_IN_MS = 30;

/** A series, what it has sent and what came of it. Sends its requests in order, and begins again at the end. */
export class TurnTaker {
  readonly series: Series;
  readonly #processorTime: ProcessorTime;
  readonly #connections: readonly Connection[];
  readonly turns: Turn[] = [];
  #next = 0;
  #answered = 0;

  constructor(series: Series, processorTime: ProcessorTime) {
    this.series = series;
    this.#processorTime = processorTime;
    const { origin } = series.server;
    this.#connections = Array.from({ length: CONNECTIONS }, () => new Connection(origin));
  }

  /** @throws Error with what the server said when it did not answer */
  async warmUp(calls: number): Promise<void> {
    await this.#askUntil(() => this.#answered < calls);
  }

  /** @throws Error with what the server said when it did not answer */
  async take(seconds: number): Promise<void> {
    const { server } = this.series;
    let running = true;
    const users = this.#askUntil(() => running);
    // One that fails at once is told of at the end of the turn.
    users.catch(() => undefined);
    await sleep(LEAD_IN_MS);
    const before = this.#look();
    await sleep(seconds * 1_000);
    const after = this.#look();
    running = false;
    await users;
    server.checkAlive();
    const answered = Math.max(after.answered - before.answered, 1);
    this.turns.push({
      throughput: answered / ((after.at - before.at) / 1_000),
      server: (after.server - before.server) / 1_000 / answered,
      postgres: usedBetween(before.postgres, after.postgres) / 1_000 / answered,
    });
  }

  close(): void {
    for (const connection of this.#connections) connection.close();
  }

  /** As many users as connections, who wait for each answer. */
  async #askUntil(isRunning: () => boolean): Promise<void> {
    await Promise.all(this.#connections.map((connection) => this.#ask(connection, isRunning)));
  }

  #ask(connection: Connection, isRunning: () => boolean): Promise<void> {
    const { requests } = this.series;
    return new Promise<void>((resolve, reject) => {
      const next = () => {
        if (!isRunning()) return resolve();
        const request = requests[this.#next++ % requests.length] as Buffer;
        connection.send(request, (status, body) => {
          if (status !== 200 || body.includes('"errors"')) {
            reject(new Error(`${this.series.heat}: status ${status}: ${body}`));
            return;
          }
          this.#answered++;
          next();
        });
      };
      next();
    });
  }

  #look() {
    return {
      at: performance.now(),
      answered: this.#answered,
      server: this.#processorTime.ofProcess(this.series.server.pid),
      postgres: this.#processorTime.ofPostgres(),
    };
  }
}

/** All series of a heat take turns one right after the other; who is first changes. */
export async function takeTurns(
  takers: readonly TurnTaker[],
  { rounds, seconds, requests }: { rounds: number; seconds: number; requests: number },
  progress: (message: string) => void,
): Promise<void> {
  progress('Warming up …');
  for (const taker of takers) await taker.warmUp(requests);
  const heats = [...new Set(takers.map(({ series }) => series.heat))];
  for (let round = 1; round <= rounds; round++) {
    progress(`Round ${round} of ${rounds} …`);
    for (const heat of heats) {
      const rivals = takers.filter(({ series }) => series.heat === heat);
      const start = round % rivals.length;
      const order = [...rivals.slice(start), ...rivals.slice(0, start)];
      // There and back, so that nobody always follows the same one.
      for (const taker of round % 2 === 0 ? order : order.toReversed()) await taker.take(seconds);
    }
  }
}
