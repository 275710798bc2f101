import type { Identity } from '../identity/index.js';
import { DEMO_ORGANIZATIONS, type DemoOrganization } from '../seed/index.js';
import type { Tenancy } from '../tenancy/index.js';

/** A demo organization that is there, and a token of its administrator. */
export interface DemoAccess {
  organization: DemoOrganization;
  accessToken: string;
}

export const DEMO_TOKEN_DAYS = 7;

/** Tokens for the first user of each demo organization; nothing where there is no demo data. */
export async function demoAccess(tenancy: Tenancy, identity: Identity): Promise<DemoAccess[]> {
  const accesses: DemoAccess[] = [];
  for (const organization of DEMO_ORGANIZATIONS) {
    const orgId = await tenancy.findOrganization(organization.slug);
    const userId = orgId && (await findAdministrator(tenancy, orgId, organization));
    if (!orgId || !userId) continue;
    const client = { address: null, userAgent: 'npm start' };
    const { accessToken } = await identity.sessions.open(
      { orgId, userId },
      client,
      DEMO_TOKEN_DAYS * 24 * 3600,
    );
    accesses.push({ organization, accessToken });
  }
  return accesses;
}

async function findAdministrator(
  tenancy: Tenancy,
  orgId: string,
  { users }: DemoOrganization,
): Promise<string | undefined> {
  const found = await tenancy.withTenant({ orgId, userId: null }, 'read', ({ prisma }) =>
    prisma.user.findFirst({ where: { email: users[0]?.email ?? '' }, select: { id: true } }),
  );
  return found?.id;
}
