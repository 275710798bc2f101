import { generateSync } from 'otplib';
import type { ClientBase } from 'pg';
import { sealedFor } from '../../src/identity/second-factor/second-factor-check.js';
import { newTotpSecret } from '../../src/identity/second-factor/totp.js';
import { SecretBox } from '../../src/shared/secret-box.js';
import { type Organization, type Person, TEST_SECRET } from './api.js';

const secret = newTotpSecret();

/** Codes that are good at this moment. */
export function secondFactorCodes(): Record<string, () => string> {
  const code = () => generateSync({ secret });
  return { 'Mutation.confirmSecondFactor': code, 'Mutation.disableSecondFactor': code };
}

/** Gives the owner, who asks, the second factor that each mutation wants: none, one begun, or one that is on. */
export function secondFactorStates(
  superuser: ClientBase,
  { tenant, owner }: Pick<Organization, 'tenant'> & { owner: Pick<Person, 'uuid'> },
): Record<string, () => Promise<void>> {
  const of = [tenant.orgId, owner.uuid];
  const sealed = new SecretBox([TEST_SECRET]).seal(secret, sealedFor(tenant.orgId, owner.uuid));
  const remove = async () => {
    await superuser.query('DELETE FROM second_factors WHERE org_id = $1 AND user_id = $2', of);
  };
  const insert = (confirmedAt: Date | null) => async () => {
    await remove();
    await superuser.query(
      'INSERT INTO second_factors (org_id, user_id, secret_sealed, confirmed_at) VALUES ($1, $2, $3, $4)',
      [...of, sealed, confirmedAt],
    );
  };
  const on = insert(new Date());
  return {
    'Mutation.enrollSecondFactor': remove,
    'Mutation.confirmSecondFactor': insert(null),
    'Mutation.disableSecondFactor': on,
    'Mutation.renewRecoveryCodes': on,
    'Mutation.signIn': remove,
  };
}
