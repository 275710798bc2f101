import type { Lane } from './lane.ts';

/** Requests being sent until somebody says stop. */
export interface Load {
  /** Resolves when every request under way has been answered. */
  stop(): Promise<void>;
  /** Open loop only: how many requests were due while every lane was busy, and were never sent. */
  readonly notSent: number;
}

export type LoadShape = (lanes: readonly Lane[]) => Load;

/** As many users as lanes, each of whom waits for an answer before asking again. */
export const closedLoop: LoadShape = (lanes) => {
  let running = true;
  const ended = lanes.map(
    (lane) =>
      new Promise<void>((resolve) => {
        const next = () => {
          if (running) lane.send(performance.now(), next);
          else resolve();
        };
        next();
      }),
  );
  return {
    notSent: 0,
    async stop() {
      running = false;
      await Promise.all(ended);
    },
  };
};

/**
 * Users who come at a fixed rate whether the server keeps up or not; at most as many requests as lanes are
 * on their way. Latency counts from when a request was due, so that a server that stalls cannot hide it
 * (coordinated omission).
 *
 * @param rate requests a second
 */
export function openLoop(rate: number): LoadShape {
  return (lanes) => {
    const idle = [...lanes];
    const began = performance.now();
    let arrived = 0;
    let notSent = 0;
    let onIdle: () => void = () => undefined;
    const timer = setInterval(() => {
      const expected = Math.floor(((performance.now() - began) / 1_000) * rate);
      for (; arrived < expected; arrived++) {
        const lane = idle.shift();
        if (lane === undefined) {
          notSent++;
          continue;
        }
        lane.send(began + ((arrived + 1) / rate) * 1_000, () => {
          idle.push(lane);
          if (idle.length === lanes.length) onIdle();
        });
      }
    }, 1);
    return {
      get notSent() {
        return notSent;
      },
      async stop() {
        clearInterval(timer);
        if (idle.length === lanes.length) return;
        await new Promise<void>((resolve) => {
          onIdle = resolve;
        });
      },
    };
  };
}
