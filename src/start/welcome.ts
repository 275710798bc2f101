import { CUSTOMER_ROLE } from '../identity/index.js';
import { customerNamed, DEMO_PASSWORD } from '../seed/index.js';
import { DEMO_TOKEN_DAYS, type DemoAccess } from './demo-access.js';
import { table } from './terminal.js';

export interface WelcomeOptions {
  /** Without a path. */
  url: string;
  sandbox: boolean;
  /** Whether mail that would leave is shown. */
  mailbox: boolean;
  access: readonly DemoAccess[];
  /** Since the process began, in milliseconds. */
  startedInMs: number;
}

const QUERY = '{ viewer { name } projects { nodes { name taskCounts { total overdue } } } }';

/** What somebody who has just started the server wants to know. */
export function welcome({ url, sandbox, mailbox, access, startedInMs }: WelcomeOptions): string {
  const api = `${url}/graphql`;
  const parts = [
    `\nRowhouse is ready, after ${(startedInMs / 1000).toFixed(1)} s. Ctrl-C stops it.`,
    table([
      ['  API', api],
      ...(sandbox ? [['  Sandbox', `${url}/ (open it in a browser)`]] : []),
      ...(mailbox ? [['  Mailbox', `${url}/dev/mailbox (mail that would be sent)`]] : []),
    ]),
  ];
  const [first] = access;
  if (first === undefined) return `${parts.join('\n\n')}\n`;
  const shops = guestHeaders(access);
  return `${[...parts, accounts(access), headers(access), ...shops, tryIt(api, first)].join('\n\n')}\n`;
}

function accounts(access: readonly DemoAccess[]): string {
  const rows = access.flatMap(({ organization: { name, slug, users, shop } }) => {
    const customers = shop ? [{ ...customerNamed(0), role: CUSTOMER_ROLE }] : [];
    return [...users, ...customers].map(({ email, role }) => [
      `  ${email}`,
      role,
      `organization: ${slug}`,
      `(${name})`,
    ]);
  });
  return `Demo accounts, all with the password ${DEMO_PASSWORD}\n\n${table(rows)}`;
}

function headers(access: readonly DemoAccess[]): string {
  const each = access.map(
    ({ organization, accessToken }) =>
      `  ${organization.name}, as ${organization.users[0]?.email}\n  Authorization: Bearer ${accessToken}`,
  );
  return `Headers to send along, good for ${DEMO_TOKEN_DAYS} days\n\n${each.join('\n\n')}`;
}

/** What a page of a shop sends along: its visitors need no account. */
function guestHeaders(access: readonly DemoAccess[]): string[] {
  const each = access.flatMap(({ organization, publishableKey }) =>
    publishableKey === null
      ? []
      : [`  ${organization.name}\n  x-publishable-key: ${publishableKey}`],
  );
  if (each.length === 0) return [];
  return [`Or this one, as a guest of the shop\n\n${each.join('\n\n')}`];
}

/** Everything is in single quotes, and holds none: bash takes it as it stands. */
function tryIt(api: string, { accessToken }: DemoAccess): string {
  const body = JSON.stringify({ query: QUERY });
  const headerOptions = ['content-type: application/json', `authorization: Bearer ${accessToken}`]
    .map((header) => `-H '${header}'`)
    .join(' ');
  return `Try it\n\n  curl -s ${api} ${headerOptions} -d '${body}'`;
}
