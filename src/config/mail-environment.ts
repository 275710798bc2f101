import type { EnvironmentReader } from './environment-reader.js';

/** How mail leaves. */
export interface MailSettings {
  /** `smtp://` or `smtps://` URL of the server that takes mail; without one, none leaves. */
  readonly smtpUrl: string | undefined;
  readonly from: Sender;
  /** Whether mail is kept in memory and shown at `/dev/mailbox`, for lack of a server. */
  readonly mailbox: boolean;
}

/** Who the mail is from. */
export interface Sender {
  /** May be empty. */
  readonly name: string;
  readonly address: string;
}

const UNSAID: Sender = { name: 'Rowhouse', address: 'no-reply@localhost' };

/** Nothing but a mailbox on this machine takes mail from nobody in particular. */
export function readMailSettings(
  read: EnvironmentReader,
  { production }: { production: boolean },
): MailSettings {
  const smtpUrl = readSmtpUrl(read);
  const from = readSender(read);
  if (smtpUrl && !from) {
    read.fault('MAIL_FROM is not set; with SMTP_URL it takes Name <no-reply@example.com>.');
  }
  return { smtpUrl, from: from ?? UNSAID, mailbox: !production && !smtpUrl };
}

/** It may hold a password, so its value is never in the fault. */
function readSmtpUrl(read: EnvironmentReader): string | undefined {
  const value = read.text('SMTP_URL', '');
  if (value === '') return undefined;
  const url = URL.canParse(value) ? new URL(value) : undefined;
  const isPlain = url && ['', '/'].includes(url.pathname) && url.search === '' && url.hash === '';
  if (!isPlain || !/^smtps?:$/.test(url.protocol) || url.hostname === '') {
    read.fault(
      'SMTP_URL has something else; it takes smtp://user:password@host:port, or smtps://.',
    );
    return undefined;
  }
  if (![url.username, url.password].every(isPercentEncoded)) {
    read.fault(
      'SMTP_URL has a % that begins no character; in user and password, % is written %25.',
    );
    return undefined;
  }
  return value;
}

function isPercentEncoded(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

const ADDRESS = /^[^\s<>@",;:]+@[^\s<>@",;:]+$/;
const NAMED_ADDRESS = /^([^<>"\p{Cc}]*)<([^<>]*)>$/u;

function readSender(read: EnvironmentReader): Sender | undefined {
  const value = read.text('MAIL_FROM', '');
  if (value === '') return undefined;
  const [, name = '', address = value] = NAMED_ADDRESS.exec(value) ?? [];
  if (ADDRESS.test(address)) return { name: name.trim(), address };
  read.fault(
    `MAIL_FROM has ${JSON.stringify(value)}; it takes Name <no-reply@example.com>, or the address alone.`,
  );
  return undefined;
}
