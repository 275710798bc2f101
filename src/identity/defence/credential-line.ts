/** What is told to who finds the line full in which credentials wait to be checked. */
export const CREDENTIALS_BUSY =
  'Too many credentials are being checked at the moment. Try again shortly.';
