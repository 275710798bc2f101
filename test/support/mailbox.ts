import type { DeliveredMessage } from '../../src/mail/index.js';
import type { Api } from './api.js';
import { eventually } from './eventually.js';

/**
 * What somebody has been sent, the latest first, once there are so many messages. Mail leaves in the tests that
 * ask for it, and in no other.
 */
export async function mailTo(api: Api, address: string, count = 1): Promise<DeliveredMessage[]> {
  const { mail } = api.app;
  mail.start();
  const received = () => mail.mailbox?.messages.filter(({ to }) => to === address) ?? [];
  await eventually(() => received().length >= count, `${count} mails to ${address}`);
  return received();
}
