/** How fast mail leaves, and how long it is tried. All in milliseconds but `parallel`. */
export interface DispatchPace {
  /** How often to look for mail of which nobody has told: put off, or added by another server. */
  readonly pollMs: number;
  /** Messages that are being sent at once. */
  readonly parallel: number;
  /** Longest that sending one may take. */
  readonly sendLimitMs: number;
  /** How long a message belongs to who set about it; well above `sendLimitMs`. */
  readonly leaseMs: number;
  /** Longest wait before the first retry; it doubles from one to the next, with jitter. */
  readonly firstRetryMs: number;
  readonly longestRetryMs: number;
  /** How old a message gets that cannot be sent. */
  readonly giveUpAfterMs: number;
  /** How long is remembered that a message was sent or given up. */
  readonly keepMs: number;
  /** How often what is older than that is looked for. */
  readonly sweepMs: number;
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export const USUAL_PACE: DispatchPace = {
  pollMs: 5 * SECOND,
  parallel: 4,
  sendLimitMs: MINUTE,
  leaseMs: 5 * MINUTE,
  firstRetryMs: 10 * SECOND,
  longestRetryMs: HOUR,
  giveUpAfterMs: 3 * DAY,
  keepMs: 30 * DAY,
  sweepMs: HOUR,
};
