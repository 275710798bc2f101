import type { Sender } from '../config/mail-environment.js';
import type { Message } from './message.js';
import type { Transport } from './transport.js';

/** Messages that are kept; the oldest go first. */
const CAPACITY = 100;

/** A message as it would have arrived. */
export interface DeliveredMessage {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string | null;
  readonly deliveredAt: Date;
}

/** Where mail ends up in development: in memory, for this process alone. */
export class Mailbox implements Transport {
  readonly #from: Sender;
  readonly #messages = new Map<string, DeliveredMessage>();

  constructor(from: Sender) {
    this.#from = from;
  }

  /** The latest first. */
  get messages(): readonly DeliveredMessage[] {
    return [...this.#messages.values()].reverse();
  }

  /** @param id UUID of the message */
  find(id: string): DeliveredMessage | undefined {
    return this.#messages.get(id);
  }

  async send({ id, mail }: Message): Promise<void> {
    const { name, address } = this.#from;
    const { to, subject, text, html = null } = mail;
    const from = name === '' ? address : `${name} <${address}>`;
    this.#messages.set(id, { id, from, to, subject, text, html, deliveredAt: new Date() });
    for (const oldest of this.#messages.keys()) {
      if (this.#messages.size <= CAPACITY) break;
      this.#messages.delete(oldest);
    }
  }
}
