import { Pool } from 'undici';
import type { AnswerOf, Call } from './calls.ts';
import type { RunningServer } from './running-server.ts';
import type { ServerUnderTest } from './server-under-test.ts';

const CONNECTIONS = 4;

/** Asks one server and reads its answers, when time does not matter. */
export class Asker {
  readonly server: ServerUnderTest;
  readonly #pool: Pool;

  constructor({ server, origin }: RunningServer) {
    this.server = server;
    this.#pool = new Pool(origin, { connections: CONNECTIONS });
  }

  /** @throws Error with what was asked and what the server said, when that is no answer */
  async ask<Kind extends Call['kind']>(
    call: Extract<Call, { kind: Kind }>,
  ): Promise<AnswerOf[Kind]> {
    const { status, body } = await this.send(call);
    try {
      if (status !== 200) throw new Error(body);
      return this.server.read(call, body) as AnswerOf[Kind];
    } catch (error) {
      const said = error instanceof Error ? error.message : String(error);
      throw new Error(
        `${this.server.name} did not answer ${JSON.stringify(call)}\nStatus ${status}: ${said}`,
      );
    }
  }

  async send(call: Call): Promise<{ status: number; body: string }> {
    const { method, path, headers, body = null } = await this.server.request(call);
    const response = await this.#pool.request({ method, path, headers, body });
    return { status: response.statusCode, body: await response.body.text() };
  }

  close(): Promise<void> {
    return this.#pool.close();
  }
}

/** `work` on all items, as many at once as an asker has connections. Results are in the order of items. */
export async function mapAtOnce<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  const remaining = items.entries();
  const worker = async () => {
    for (const [index, item] of remaining) results[index] = await work(item);
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, worker));
  return results;
}
