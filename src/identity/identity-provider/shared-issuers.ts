/**
 * Issuers of whom everybody can get a token for an audience of their own choice, or for yours: that it is
 * good says nothing about who sent it, until a claim says whose it is.
 */
const SHARED_HOSTS = new Set([
  'accounts.google.com',
  'agent.buildkite.com',
  'app.terraform.io',
  'appleid.apple.com',
  'github.com',
  'gitlab.com',
  'login.salesforce.com',
  'sts.windows.net',
  'login.live.com',
  'slack.com',
  'token.actions.githubusercontent.com',
  'www.facebook.com',
  'www.linkedin.com',
]);

/** Microsoft's issuer of all tenants, and the one of private accounts. */
const SHARED_MICROSOFT =
  /^https:\/\/login\.microsoftonline\.com\/(common|organizations|consumers|9188040d-6c67-4c5b-b112-36a304b66dad)(\/|$)/i;

/** Whether everybody can get tokens of this issuer, as far as is known. */
export function isSharedIssuer(issuer: string): boolean {
  const host = URL.canParse(issuer) ? new URL(issuer).hostname : '';
  return SHARED_HOSTS.has(host) || SHARED_MICROSOFT.test(issuer);
}
