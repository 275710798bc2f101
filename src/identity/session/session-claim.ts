import { fixedStatement } from '../../shared/statements/index.js';
import { query } from '../../tenancy/index.js';

/** What an access token claims of its session. */
export interface SessionClaim {
  orgId: string;
  id: string;
  stamp: number;
}

/**
 * Gives a row while the session is there and nothing has changed of what its user may do. Whose session it
 * is, the signed token says.
 */
export const sessionStands = fixedStatement('sessions.stands', (of: SessionClaim) =>
  query
    .selectFrom('sessions')
    .select('sessions.id')
    .where('sessions.org_id', '=', of.orgId)
    .where('sessions.id', '=', of.id)
    .where('sessions.stamp', '=', of.stamp)
    .compile(),
);
