import type { AdmissionSettings } from '../config/environment.js';
import { unavailable } from '../shared/errors.js';
import type { Logger } from '../shared/logger.js';
import { Pace } from './pace.js';
import { COMPANY_MS, SlotShare } from './slot-share.js';
import { type Line, type LineOwner, type Place, WaitingLines } from './waiting-lines.js';

/** What is thrown for whoever is turned away; one for all, because a stack would cost and say nothing. */
export const SERVER_BUSY = unavailable('The server is busy at the moment. Try again shortly.');

/** What asks for a turn. */
export interface Applicant {
  /** The organization of the verified token; null for who is not signed in. */
  readonly organization: LineOwner;
  /** Length of its body. */
  readonly bytes: number;
}

/** Emits `close` when there is nobody any more who would hear the answer. */
export interface Client {
  once(event: 'close', listener: () => void): unknown;
  off(event: 'close', listener: () => void): unknown;
}

export interface AdmissionFigures {
  /** Operations that may run at once. */
  readonly limit: number;
  readonly running: number;
  readonly waiting: number;
  /** Requests that were turned away since the start. */
  readonly shed: number;
}

/** A body takes one more place for each of these: it is in memory while its request waits. */
const BYTES_OF_A_PLACE = 65_536;

/** The part of the wait limit that is allowed under overload. */
const PART_UNDER_OVERLOAD = 0.25;

/** Whoever would wait for longer than this part of the wait that is allowed need not begin to. */
const PART_AT_THE_DOOR = 0.8;

const LOG_INTERVAL_MS = 1_000;

/**
 * Decides which operation runs when. A fixed number runs at once; the others wait in a line for each
 * organization, so that the length of one is no matter of another's.
 *
 * - **Order.** The organization that has the fewest running is next: max-min fairness of slots, and so of the time
 *   that is spent in them. No one gets all: an organization whose operations wait for each other's
 *   locks leaves a fifth to the others. While there are others, it leaves more than half: a process and a
 *   database that are busy gain nothing by more at once, and each of them takes longer beside many.
 * - **Waiting.** Nobody waits longer than the wait limit. When there has not been a moment without anybody waiting
 *   for as long, it is no burst but overload, in which long waits gain nothing: from then on whose turn
 *   comes after more than a quarter of the limit is turned away. Otherwise each answer would come just
 *   before the limit. This is controlled delay (RFC 8289), on requests as in Maurer, "Fail at Scale", ACM Queue
 *   13(8), 2015. Theirs is 5 to 10 % of the interval; but who waits for an answer before asking again is
 *   better served a little later than not at all.
 * - **Room.** When all lines together are too long, the longest one pays (RFC 8290, section 4.1), and who has a
 *   fair share of the room already is turned away before the body is read, when that is cheapest. So is whoever
 *   would not get a turn in time, going by how fast turns have come lately: to read, keep and refuse later what
 *   cannot be answered takes from those who can.
 * - **Turns.** One operation starts in each turn of the event loop, after whatever has come in for those that run.
 *   A busy process that prefers arrivals starts what it cannot finish, and everything gets slow together:
 *   Mogul and Ramakrishnan, "Eliminating Receive Livelock in an Interrupt-driven Kernel", 1997.
 */
export class Admission {
  readonly #settings: AdmissionSettings;
  readonly #limit: number;
  readonly #logger: Logger;
  readonly #lines = new WaitingLines();
  readonly #pace = new Pace();
  readonly #share: SlotShare;
  #running = 0;
  #isTurnPlanned = false;
  #laterTurn: NodeJS.Timeout | undefined;
  #expiry: NodeJS.Timeout | undefined;
  #shed = 0;
  #shedBeforeLog = 0;
  #loggedAt = Number.NEGATIVE_INFINITY;
  #isAbandoned = false;
  #onIdle: (() => void) | undefined;

  /** @param limit operations that may run at once */
  constructor(settings: AdmissionSettings, limit: number, logger: Logger) {
    this.#settings = settings;
    this.#limit = limit;
    this.#share = new SlotShare(limit);
    this.#logger = logger;
  }

  get figures(): AdmissionFigures {
    const { count: waiting } = this.#lines;
    return { limit: this.#limit, running: this.#running, waiting, shed: this.#shed };
  }

  /** Whether a request may get in line. Asked before its body is read: then a refusal costs least. */
  hasRoomFor(applicant: Applicant): boolean {
    const line = this.#lines.find(applicant.organization);
    const isFull = this.#isOverItsShare(line, this.#sizeOf(applicant)) || this.#comesTooLate(line);
    if (!isFull) return true;
    this.#noteShed();
    return false;
  }

  /**
   * Runs `operation` when its turn has come.
   *
   * @param client who leaves the line by hanging up; what runs already is not disturbed
   * @throws SERVER_BUSY when its turn did not come within the wait limit, or there was no room
   */
  async run<T>(applicant: Applicant, client: Client, operation: () => Promise<T>): Promise<T> {
    const line = await this.#turn(applicant, client);
    try {
      return await operation();
    } finally {
      this.#running--;
      this.#lines.end(line);
      this.#planTurn();
      this.#noteIdle();
    }
  }

  /** Resolves when nothing waits or runs, or it has been abandoned. */
  ended(): Promise<void> {
    if (this.#isIdle || this.#isAbandoned) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onIdle = resolve;
    });
  }

  /** Waits for nothing any longer. */
  abandon(): void {
    this.#isAbandoned = true;
    this.#onIdle?.();
  }

  get #isIdle(): boolean {
    return this.#running === 0 && this.#lines.count === 0;
  }

  #noteIdle(): void {
    if (this.#isIdle) this.#onIdle?.();
  }

  #turn(applicant: Applicant, client: Client): Promise<Line> {
    return new Promise((resolve, reject) => {
      const size = this.#sizeOf(applicant);
      if (!this.#makeRoom(applicant, size)) {
        this.#noteShed();
        reject(SERVER_BUSY);
        return;
      }
      const hangUp = () => {
        this.#lines.remove(place);
        place.settle(false);
        this.#noteIdle();
      };
      const place: Place = {
        line: this.#lines.open(applicant.organization),
        since: performance.now(),
        size,
        settle(hasTurn) {
          client.off('close', hangUp);
          if (hasTurn) resolve(place.line);
          else reject(SERVER_BUSY);
        },
      };
      client.once('close', hangUp);
      this.#lines.add(place);
      if (!this.#expiry) this.#planExpiry(this.#settings.waitLimitMs);
      this.#planTurn();
    });
  }

  #planTurn(): void {
    if (this.#isTurnPlanned || this.#running >= this.#limit || this.#lines.count === 0) return;
    this.#isTurnPlanned = true;
    setImmediate(() => {
      this.#isTurnPlanned = false;
      const now = performance.now();
      const place = this.#takeNext(now);
      if (!place) {
        this.#planLaterTurn();
        return;
      }
      this.#running++;
      this.#pace.noteTurn(now, this.#lines.busySince);
      this.#share.noteTurn(place.line.owner, now);
      place.settle(true);
      this.#planTurn();
    });
  }

  #takeNext(now: number): Place | undefined {
    const allowed = this.#allowedWait(now);
    for (;;) {
      const line = this.#lines.next((line) => this.#share.mostOf(line.owner, now));
      if (!line?.oldest) return undefined;
      if (now - line.oldest.since <= allowed) return this.#lines.take(line.oldest);
      this.#turnAway(line.oldest);
    }
  }

  #allowedWait(now: number): number {
    const { waitLimitMs } = this.#settings;
    // No more than there are slots is no queue: each of them waits for one operation to end.
    if (this.#lines.count <= this.#limit) return waitLimitMs;
    const isOverload = now - this.#lines.busySince > waitLimitMs;
    return isOverload ? waitLimitMs * PART_UNDER_OVERLOAD : waitLimitMs;
  }

  /** Whoever may not have more now may once the others are gone, which nothing tells. */
  #planLaterTurn(): void {
    if (this.#laterTurn || this.#lines.count === 0) return;
    this.#laterTurn = setTimeout(() => {
      this.#laterTurn = undefined;
      this.#planTurn();
    }, COMPANY_MS).unref();
  }

  /** What waits has a connection that keeps the process running; the timer need not. */
  #planExpiry(inMs: number): void {
    this.#expiry = setTimeout(() => this.#expire(), Math.ceil(inMs)).unref();
  }

  #expire(): void {
    this.#expiry = undefined;
    for (let { oldest } = this.#lines; oldest; { oldest } = this.#lines) {
      const left = oldest.since + this.#settings.waitLimitMs - performance.now();
      if (left > 0) {
        this.#planExpiry(left);
        return;
      }
      this.#turnAway(oldest);
    }
  }

  #turnAway(place: Place): void {
    this.#lines.remove(place);
    this.#noteShed();
    place.settle(false);
    this.#noteIdle();
  }

  #makeRoom({ organization }: Applicant, size: number): boolean {
    while (this.#lines.size + size > this.#settings.waitingOperations) {
      if (this.#isOverItsShare(this.#lines.find(organization), size)) return false;
      const oldest = this.#lines.longest()?.oldest;
      if (!oldest) return false;
      this.#turnAway(oldest);
    }
    return true;
  }

  /** Whether there is no room left, and this line is not one of those that have taken too little of it. */
  #isOverItsShare(line: Line | undefined, size: number): boolean {
    const room = this.#settings.waitingOperations;
    if (this.#lines.size + size <= room) return false;
    return (line?.size ?? 0) + size > room / this.#linesWith(line);
  }

  /** Whether the same is true of the turns that there will be in time. */
  #comesTooLate(line: Line | undefined): boolean {
    const { count } = this.#lines;
    // Most requests: no more wait than can run at once, and the clock need not be asked.
    if (count < this.#limit) return false;
    const allowed = this.#allowedWait(performance.now());
    const turns = Math.max(this.#pace.within(allowed * PART_AT_THE_DOOR), this.#limit);
    return count >= turns && (line?.places.size ?? 0) + 1 > turns / this.#linesWith(line);
  }

  /** Lines in which somebody waits, this one included. */
  #linesWith(line: Line | undefined): number {
    return this.#lines.busyLines + (line?.places.size ? 0 : 1);
  }

  /** No request is too large for lines that are empty. */
  #sizeOf({ bytes }: Applicant): number {
    return Math.min(1 + Math.floor(bytes / BYTES_OF_A_PLACE), this.#settings.waitingOperations);
  }

  #noteShed(): void {
    this.#shed++;
    const now = performance.now();
    if (now - this.#loggedAt < LOG_INTERVAL_MS) return;
    const shed = this.#shed - this.#shedBeforeLog;
    this.#logger.warn({ ...this.figures, shed }, 'requests are turned away');
    this.#loggedAt = now;
    this.#shedBeforeLog = this.#shed;
  }
}
