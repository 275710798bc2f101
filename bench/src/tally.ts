import { build, type Histogram } from 'hdr-histogram-js';
import type { Call } from './calls.ts';

export interface Sample {
  readonly call: Call;
  readonly body: string;
}

const SLOWEST_US = 60_000_000;
const SAMPLE_EVERY = 64;
const MOST_SAMPLES = 32;

/** Latencies in microseconds, with three significant digits. */
export function newHistogram(): Histogram {
  return build({
    bitBucketSize: 64,
    lowestDiscernibleValue: 1,
    highestTrackableValue: SLOWEST_US,
    numberOfSignificantValueDigits: 3,
  });
}

/** Counts what is answered between `begin` and `end`; before and after that it only looks. */
export class Tally {
  readonly latencies = newHistogram();
  /** How often each failure was seen. */
  readonly failures = new Map<string, number>();
  /** Some of the answers, to be read when the clock no longer runs. */
  readonly samples: Sample[] = [];
  answered = 0;
  failed = 0;
  #counting = false;
  #sinceSample = 0;

  begin(): void {
    this.#counting = true;
  }

  end(): void {
    this.#counting = false;
  }

  /** @param milliseconds from the moment when the call was due */
  succeed(call: Call, body: Buffer, milliseconds: number): void {
    if (!this.#counting) return;
    this.answered++;
    this.latencies.recordValue(Math.min(Math.round(milliseconds * 1_000), SLOWEST_US));
    if (++this.#sinceSample < SAMPLE_EVERY || this.samples.length >= MOST_SAMPLES) return;
    this.#sinceSample = 0;
    this.samples.push({ call, body: body.toString() });
  }

  /** @param what a short text, the same for failures of the same kind */
  fail(what: string): void {
    if (!this.#counting) return;
    this.failed++;
    this.failures.set(what, (this.failures.get(what) ?? 0) + 1);
  }
}
