/** How fast providers are asked, and how long. All in milliseconds but `parallel`. */
export interface PaymentPace {
  /** How often to look for commands of which nobody has told: put off, or added by another server. */
  readonly pollMs: number;
  /** Commands that are being carried out at once. */
  readonly parallel: number;
  /** Longest that a provider may take to answer. */
  readonly answerLimitMs: number;
  /** How long a command belongs to who set about it; well above `answerLimitMs`. */
  readonly leaseMs: number;
  /** Longest wait before the first retry; it doubles from one to the next, with jitter. */
  readonly firstRetryMs: number;
  readonly longestRetryMs: number;
  /** When a provider is asked again of which a webhook is awaited. */
  readonly askAgainMs: number;
  /** How old an authorization gets that nobody decides. Money that goes back is tried for as long as it takes. */
  readonly giveUpAfterMs: number;
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

export const USUAL_PACE: PaymentPace = {
  pollMs: 5 * SECOND,
  parallel: 4,
  answerLimitMs: 30 * SECOND,
  leaseMs: 3 * MINUTE,
  firstRetryMs: 5 * SECOND,
  longestRetryMs: HOUR,
  askAgainMs: 10 * MINUTE,
  giveUpAfterMs: 24 * HOUR,
};
