import { setTimeout as delay } from 'node:timers/promises';

/** Waits until `condition` holds, looking again and again; fails after five seconds. */
export async function eventually(condition: () => unknown, what: string): Promise<void> {
  const deadline = performance.now() + 5_000;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`It did not happen: ${what}.`);
    await delay(10);
  }
}
