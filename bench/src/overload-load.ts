/**
 * Sends requests over as many connections as it takes, in a thread of its own, and says what came back.
 * Leaner than a client library: the server shares the machine with it, and under overload most of what
 * it does is to be turned away.
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';

/** What one thread sends. */
export interface LoadPlan {
  readonly port: number;
  /** Whole HTTP requests, sent in turns. */
  readonly requests: readonly string[];
  /** Clients who wait for an answer before they ask again; 0 for arrivals that wait for nobody. */
  readonly clients: number;
  /** Arrivals a second, at random moments (Poisson). */
  readonly rate: number;
  readonly seconds: number;
  /** Made ahead, as a proxy keeps them; more are made when these are all in use. */
  readonly connections: number;
}

/** One request that was answered; 0 as status when the connection broke. */
export interface Outcome {
  /** Milliseconds since the epoch. */
  readonly sentAt: number;
  readonly milliseconds: number;
  readonly status: number;
}

const HEAD_END = Buffer.from('\r\n\r\n');
const LENGTH = Buffer.from('content-length: ');

class RawConnection {
  readonly #socket: Socket;
  #received: Buffer | undefined;
  #onAnswer: (status: number) => void = () => undefined;
  isOpen = true;

  constructor(port: number) {
    this.#socket = connect(port, '127.0.0.1').setNoDelay();
    this.#socket.on('data', (chunk) => this.#read(chunk));
    this.#socket.on('error', () => undefined);
    this.#socket.on('close', () => {
      this.isOpen = false;
      this.#onAnswer(0);
    });
  }

  async opened(): Promise<this> {
    await once(this.#socket, 'connect');
    return this;
  }

  send(request: string, onAnswer: (status: number) => void): void {
    this.#onAnswer = onAnswer;
    this.#socket.write(request);
  }

  close(): void {
    this.#onAnswer = () => undefined;
    this.#socket.destroy();
  }

  #read(chunk: Buffer): void {
    const received = this.#received ? Buffer.concat([this.#received, chunk]) : chunk;
    const end = received.indexOf(HEAD_END);
    const at = received.indexOf(LENGTH);
    if (end >= 0 && at >= 0) {
      const length = Number.parseInt(received.toString('latin1', at + LENGTH.length, at + 32), 10);
      if (received.length >= end + HEAD_END.length + length) {
        this.#received = undefined;
        const onAnswer = this.#onAnswer;
        this.#onAnswer = () => undefined;
        onAnswer(Number(received.toString('latin1', 9, 12)));
        return;
      }
    }
    this.#received = received;
  }
}

async function run(plan: LoadPlan): Promise<Outcome[]> {
  const { port, requests, clients, rate, seconds } = plan;
  const outcomes: Outcome[] = [];
  const idle: RawConnection[] = [];
  const all = new Set<RawConnection>();
  let sent = 0;
  let underWay = 0;

  // A few at a time: more than the server's backlog holds would be tried again a second later.
  while (idle.length < plan.connections) {
    const few = Array.from({ length: 50 }, () => new RawConnection(port));
    for (const connection of few) all.add(connection);
    idle.push(...(await Promise.all(few.map((connection) => connection.opened()))));
  }

  const send = (onDone: () => void) => {
    let connection = idle.pop();
    if (!connection) {
      connection = new RawConnection(port);
      all.add(connection);
    }
    const used = connection;
    const sentAt = performance.now();
    underWay++;
    used.send(requests[sent++ % requests.length] as string, (status) => {
      underWay--;
      const milliseconds = performance.now() - sentAt;
      outcomes.push({ sentAt: performance.timeOrigin + sentAt, milliseconds, status });
      if (used.isOpen) idle.push(used);
      else all.delete(used);
      onDone();
    });
  };

  const end = performance.now() + seconds * 1_000;
  if (clients > 0) {
    const client = () => {
      if (performance.now() < end) send(client);
    };
    for (let index = 0; index < clients; index++) client();
    await sleep(seconds * 1_000);
  } else {
    let due = performance.now();
    while (performance.now() < end) {
      for (; due <= performance.now(); due += (-Math.log(1 - Math.random()) / rate) * 1_000) {
        send(() => undefined);
      }
      await sleep(1);
    }
  }
  const patience = performance.now() + 15_000;
  while (underWay > 0 && performance.now() < patience) await sleep(5);
  for (const connection of all) connection.close();
  return outcomes;
}

parentPort?.postMessage(await run(workerData as LoadPlan));
