import { newUuid } from '../shared/ids.js';
import type { SecretBox } from '../shared/secret-box.js';
import type { TenantTransaction } from '../tenancy/index.js';
import type { Mail } from './mail.js';
import { OutgoingMailStore } from './outgoing-mail.store.js';
import { sealMail } from './sealed-mail.js';

const store = new OutgoingMailStore();

const LONGEST_ADDRESS = 254;
const LONGEST_SUBJECT = 300;

/** One plain address: nothing in it that a header or a list of recipients could be made of. */
const ADDRESS = /^[^\s\p{Cc}<>()[\]\\,;:"@]+@[^\s\p{Cc}<>()[\]\\,;:"@]+$/u;

/** Where mail is put down by who has something to say; it leaves when the transaction stands. */
export class Outbox {
  readonly #box: SecretBox;
  readonly #onCommitted: () => void;

  /** @param onCommitted told each time that there is mail */
  constructor(box: SecretBox, onCommitted: () => void = () => undefined) {
    this.#box = box;
    this.#onCommitted = onCommitted;
  }

  /**
   * Adds a mail in the transaction of the caller: both stand, or neither. It leaves afterwards, once, and is
   * kept until it can.
   *
   * @param mail.subject line breaks become spaces: names that somebody has chosen may stand in it
   * @throws TypeError when `mail.to` is not one plain address. That is a fault of the calling code
   */
  async add(tx: TenantTransaction, mail: Mail): Promise<void> {
    const { to } = mail;
    if (to.length > LONGEST_ADDRESS || !ADDRESS.test(to)) {
      throw new TypeError('Mail.to is not one plain e-mail address');
    }
    const id = newUuid();
    const subject = oneLine(mail.subject);
    const sealed = sealMail(this.#box, tx.tenant.orgId, id, { ...mail, subject });
    await store.add(tx, id, sealed);
    tx.afterCommit(this.#onCommitted);
  }
}

function oneLine(text: string): string {
  const line = text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').trim();
  const characters = [...line];
  if (characters.length <= LONGEST_SUBJECT) return line;
  return `${characters.slice(0, LONGEST_SUBJECT - 1).join('')}…`;
}
