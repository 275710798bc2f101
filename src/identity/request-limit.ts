import { addressKey } from './defence/client-address.js';
import { RateLimit } from './defence/rate-limit.js';
import type { SignInLimitSettings } from './defence/sign-in-limits.js';

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

/** How often each may be asked for: by one account, and for the others than invitations also by one address. */
export function requestLimit({
  perAddress,
  perAccount,
  perPair,
}: SignInLimitSettings): RequestLimit {
  const ofAddress = new RateLimit(perAddress);
  const ofAccount = new RateLimit(perPair);
  const ofInviter = new RateLimit(perAccount);
  return async (request, { account, address }) => {
    if (request === 'invitation') return ofInviter.take(account);
    await ofAddress.take(`${request} ${addressKey(address)}`);
    await ofAccount.take(`${request} ${account}`);
  };
}
