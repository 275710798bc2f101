import { createHmac } from 'node:crypto';

/** What webhooks are signed with: a secret for each organization, so that a message for one is good for no other. */
export class WebhookSecrets {
  readonly #secrets: readonly string[];

  /** @param secrets the first signs, all of them verify */
  constructor(secrets: readonly string[]) {
    this.#secrets = secrets;
  }

  /** @param orgId UUID */
  of(orgId: string): readonly string[] {
    return this.#secrets.map((secret) =>
      createHmac('sha256', secret).update(`payment webhook\0${orgId}`).digest('base64url'),
    );
  }
}
