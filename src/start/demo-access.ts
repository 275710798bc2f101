import type { Identity } from '../identity/index.js';
import { DEMO_ORGANIZATIONS, type DemoOrganization } from '../seed/index.js';
import { readOpaqueToken } from '../shared/opaque-token.js';
import type { Tenancy } from '../tenancy/index.js';

/** A demo organization that is there, and a token of its administrator. */
export interface DemoAccess {
  organization: DemoOrganization;
  accessToken: string;
  /** What lets guests into its shop; null where there is no such key, as in a shop that has not opened. */
  publishableKey: string | null;
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
    const publishableKey = await standingKey(tenancy, orgId, organization);
    accesses.push({ organization, accessToken, publishableKey });
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

/** The key of the demo shop, unless somebody has revoked it. */
async function standingKey(
  tenancy: Tenancy,
  orgId: string,
  { shop }: DemoOrganization,
): Promise<string | null> {
  const said = shop && readOpaqueToken('publishableKey', shop.publishableKey);
  if (!said) return null;
  const found = await tenancy.withTenant({ orgId, userId: null }, 'read', ({ prisma }) =>
    prisma.publishableKey.findFirst({ where: { id: said.id }, select: { id: true } }),
  );
  return found && shop.publishableKey;
}
