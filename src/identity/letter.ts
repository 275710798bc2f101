import type { Mail } from '../mail/index.js';
import { escapeHtml } from '../shared/escape-html.js';

/** What is said in a mail, for `mailOf` to write in both forms. */
export interface Letter {
  /** One plain address. */
  readonly to: string;
  readonly subject: string;
  /** Before the link. */
  readonly paragraphs: readonly string[];
  readonly link?: { readonly label: string; readonly url: string };
  /** Behind it. */
  readonly closing?: readonly string[];
}

/** A letter as plain text, and the same as HTML. */
export function mailOf({ to, subject, paragraphs, link, closing = [] }: Letter): Mail {
  const text = [...paragraphs, ...(link ? [link.url] : []), ...closing].join('\n\n');
  const html = [
    ...paragraphs.map(htmlParagraph),
    ...(link ? [`<p><a href="${escapeHtml(link.url)}">${escapeHtml(link.label)}</a></p>`] : []),
    ...closing.map(htmlParagraph),
  ].join('\n');
  return { to, subject, text: `${text}\n`, html };
}

/**
 * A link to a page of the frontend. The token is in the fragment, which browsers keep to themselves: it
 * reaches no server, no log and no `Referer` (RFC 9110, section 10.1.3).
 */
export function tokenLink(appUrl: string, page: string, token: string): string {
  return `${appUrl}/${page}#token=${token}`;
}

/** Longer ones would push what matters out of sight. */
const LONGEST_NAME = 60;

/**
 * A name that somebody has chosen, harmless in a mail of ours: on one line, without invisible characters, and
 * with nothing in it that a mail program would take for an address and make a link of.
 */
export function nameInMail(name: string): string {
  const plain = name
    .normalize('NFKC')
    .replace(/\p{Cf}+/gu, '')
    .replace(/[\p{Cc}\p{Z}]+/gu, ' ')
    // `https://evil.example` becomes `https: evil. example`; `J.R. Smith` can live with `J. R. Smith`.
    .replace(/:?[/\\]{2,}/g, ': ')
    .replace(/[.。](?=[^\s.])/gu, '$& ')
    .replace(/ +/g, ' ')
    .trim();
  const characters = [...plain];
  if (characters.length <= LONGEST_NAME) return plain;
  return `${characters.slice(0, LONGEST_NAME - 1).join('')}…`;
}

function htmlParagraph(text: string): string {
  return `<p>${escapeHtml(text)}</p>`;
}
