import { fixedStatement } from '../../shared/statements/index.js';
import { query } from '../../tenancy/index.js';
import type { RequestContext } from '../request-context.js';

const confirmed = fixedStatement('visitors.confirm', (of: { orgId: string }) =>
  query
    .selectFrom('organizations')
    .select('organizations.id')
    .where('organizations.id', '=', of.orgId)
    .compile(),
);

/**
 * Only the database knows whether a key or a session still stands, and nothing else would ask it.
 *
 * @throws UNAUTHENTICATED
 */
export async function confirmSender({ tx }: RequestContext): Promise<void> {
  await tx.execute(confirmed({ orgId: tx.tenant.orgId }));
}
