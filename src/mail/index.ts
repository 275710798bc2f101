export { createMail, type Mailing } from './create-mail.js';
export type { DispatchPace } from './dispatch-pace.js';
export type { Mail } from './mail.js';
export type { DeliveredMessage } from './mailbox.js';
export { addMailboxRoutes } from './mailbox.routes.js';
export { Outbox } from './outbox.js';
