/** What is told to who finds the line full in which credentials wait to be checked. */
export const CREDENTIALS_BUSY =
  'Too many credentials are being checked at the moment. Try again shortly.';

/**
 * Before it is known who asks, anybody's credential costs a read of the database. So few of each
 * sort are looked up at once; whose credential is remembered waits for none.
 */
export const CREDENTIAL_LOOKUPS = {
  limit: 4,
  room: 200,
  roomOfOne: 50,
  waitLimitMs: 2_000,
  refusal: CREDENTIALS_BUSY,
};
