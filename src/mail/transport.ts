import type { Message } from './message.js';

/** Takes messages out of the house. */
export interface Transport {
  /**
   * Resolves once somebody else has taken the message over.
   *
   * @param signal gives up when it aborts; whether the message has arrived is unknown then
   * @throws DeliveryError
   */
  send(message: Message, signal: AbortSignal): Promise<void>;
}

/** A message did not leave, or nobody said that it did. `message` is stored: no recipient, no words of others. */
export class DeliveryError extends Error {
  override readonly name = 'DeliveryError';
  /** Whether this very message was refused for good. */
  readonly isFinal: boolean;
  /** Whether other messages will hardly fare better now. */
  readonly isGeneral: boolean;

  constructor(reason: string, of: { isFinal?: boolean; isGeneral?: boolean }) {
    super(reason);
    this.isFinal = of.isFinal ?? false;
    this.isGeneral = of.isGeneral ?? false;
  }
}
