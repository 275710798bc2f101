import { createHash } from 'node:crypto';
import { escapeHtml } from '../shared/escape-html.js';
import type { DeliveredMessage } from './mailbox.js';
import { STYLE } from './mailbox.style.js';

/** What a content security policy allows in place of any style. */
export const STYLE_HASH = `sha256-${createHash('sha256').update(STYLE).digest('base64')}`;

/** Every message, the latest first. */
export function listPage(messages: readonly DeliveredMessage[]): string {
  const lead =
    messages.length === 0
      ? 'No mail yet. What the server would send appears here.'
      : `${messages.length === 1 ? 'One message' : `${messages.length} messages`}, the latest first.`;
  return page(
    'Mailbox',
    `<header>
<h1>Mailbox</h1>
<p class="quiet">${lead} Nothing leaves in development; the last 100 are kept, until a restart.</p>
<p><a href="/dev/mailbox">Look again</a></p>
</header>
<main>
${messages.length === 0 ? '' : `<ol>\n${messages.map(listItem).join('\n')}\n</ol>`}
</main>`,
  );
}

function listItem({ id, to, subject, deliveredAt }: DeliveredMessage): string {
  return `<li><a href="/dev/mailbox/${encodeURIComponent(id)}">${titled(subject)}</a> ${time(deliveredAt)}
<span>to ${escapeHtml(to)}</span></li>`;
}

/** One message: its text with links that can be followed, and its HTML in a frame. */
export function messagePage(message: DeliveredMessage): string {
  const { id, from, to, subject, text, html, deliveredAt } = message;
  const frame =
    html === null
      ? ''
      : `<h2 id="html">HTML</h2>
<iframe sandbox="allow-popups allow-popups-to-escape-sandbox" title="The message as HTML" src="/dev/mailbox/${encodeURIComponent(id)}/html"></iframe>`;
  return page(
    subject,
    `<header>
<nav aria-label="Mailbox"><a href="/dev/mailbox">All messages</a></nav>
</header>
<main>
<h1>${titled(subject)}</h1>
<dl>
<dt>From</dt><dd>${escapeHtml(from)}</dd>
<dt>To</dt><dd>${escapeHtml(to)}</dd>
<dt>When</dt><dd>${time(deliveredAt)}</dd>
</dl>
<h2 id="text">Text</h2>
<pre>${withLinks(text)}</pre>
${frame}
</main>`,
  );
}

export function missingPage(): string {
  return page(
    'No such message',
    `<main>
<h1>No such message</h1>
<p>Or no more: the last 100 are kept, until a restart.</p>
<p><a href="/dev/mailbox">All messages</a></p>
</main>`,
  );
}

/** The HTML of a message as a page of its own, for a frame without rights. */
export function frameOf(html: string): string {
  return `<!doctype html><meta charset="utf-8"><base target="_blank">${html}`;
}

function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${STYLE}</style>
</head>
<body>
${body}
</body>
</html>
`;
}

function titled(subject: string): string {
  return escapeHtml(subject) || '<em>no subject</em>';
}

function time(moment: Date): string {
  const iso = moment.toISOString();
  return `<time datetime="${iso}">${iso.slice(0, 19).replace('T', ' ')} UTC</time>`;
}

/** What ends a sentence is no part of the link before it. */
const LINK = /https?:\/\/[^\s<>"']*[^\s<>"'.,;:!?)\]}]/g;

function withLinks(text: string): string {
  let end = 0;
  const parts: string[] = [];
  for (const { 0: link, index } of text.matchAll(LINK)) {
    const shown = escapeHtml(link);
    parts.push(
      escapeHtml(text.slice(end, index)),
      `<a href="${shown}" rel="noreferrer">${shown}</a>`,
    );
    end = index + link.length;
  }
  return [...parts, escapeHtml(text.slice(end))].join('');
}
