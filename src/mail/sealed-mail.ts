import type { SealedFor, SecretBox } from '../shared/secret-box.js';
import type { Mail } from './mail.js';

/** Mail has links in it that open accounts: in the database, nobody but the server can read it. */
export function sealMail(box: SecretBox, orgId: string, id: string, mail: Mail): Buffer {
  const { to, subject, text, html } = mail;
  return box.seal(JSON.stringify({ to, subject, text, html }), sealedFor(orgId, id));
}

/** @returns null when the key that sealed it is not there any more */
export function openMail(
  box: SecretBox,
  orgId: string,
  id: string,
  sealed: Uint8Array,
): Mail | null {
  const text = box.open(sealed, sealedFor(orgId, id));
  return text === null ? null : JSON.parse(text);
}

function sealedFor(orgId: string, id: string): SealedFor {
  return { purpose: 'outgoing mail', orgId, id };
}
