import { type Logger, pino } from 'pino';
import { newUuid } from '../../src/shared/ids.js';
import type { PoolSettings } from '../../src/tenancy/index.js';
import { Tenancy, type Tenant } from '../../src/tenancy/index.js';
import type { TestDatabase } from './database.js';

export const silent: Logger = pino({ level: 'silent' });

/** Pool settings for a test database, roomy enough that nothing times out by accident. */
export function poolSettings(database: TestDatabase, settings: Partial<PoolSettings> = {}) {
  return {
    url: database.appUrl,
    size: 4,
    waitLimitMs: 10_000,
    statementTimeoutMs: 10_000,
    idleInTransactionTimeoutMs: 20_000,
    ...settings,
  };
}

export function openTenancy(database: TestDatabase, settings: Partial<PoolSettings> = {}): Tenancy {
  return new Tenancy(poolSettings(database, settings), silent);
}

export interface SeededOrganization {
  tenant: Tenant;
  /** Also the name of its user and of its project. */
  slug: string;
  orgId: string;
  userId: string;
  projectId: string;
}

/** An organization with one user and one project, made within its own context. */
export async function createOrganization(
  tenancy: Tenancy,
  slug = `org-${newUuid().slice(-12)}`,
): Promise<SeededOrganization> {
  const [orgId, userId, projectId] = [newUuid(), newUuid(), newUuid()];
  const tenant: Tenant = { orgId, userId };
  await tenancy.withTenant(tenant, 'write', async ({ prisma }) => {
    await prisma.organization.create({ data: { id: orgId, name: slug, slug } });
    await prisma.user.create({
      data: { id: userId, email: `${slug}@example.com`, name: slug, passwordHash: 'none' },
    });
    await prisma.project.create({ data: { id: projectId, name: slug, ownerId: userId } });
  });
  return { tenant, slug, orgId, userId, projectId };
}
