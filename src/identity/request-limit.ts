/** What somebody can ask for so often that it hurts: it sends mail, or lets passwords be guessed. */
export type LimitedRequest =
  | 'email_verification'
  | 'password_reset'
  | 'email_change'
  | 'invitation';

/** Who asks. */
export interface Requester {
  /** Whose account it is about, or acts: as it was written, so it need not exist. */
  readonly account: string;
  /** Network address; null where it is not known. */
  readonly address: string | null;
}

/**
 * Counts a request before anything is done about it.
 *
 * @throws RATE_LIMITED
 */
export type RequestLimit = (request: LimitedRequest, by: Requester) => Promise<void>;

/** Where nobody counts. */
export const unlimited: RequestLimit = async () => undefined;
