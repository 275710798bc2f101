import { CUSTOMER_ROLE, PasswordHasher } from '../identity/index.js';
import { type Clock, systemClock } from '../shared/clock.js';
import { readOpaqueToken, shownPrefix } from '../shared/opaque-token.js';
import { isUniqueViolation, type Tenancy, type TenantTransaction } from '../tenancy/index.js';
import {
  DEMO_ORGANIZATIONS,
  DEMO_PASSWORD,
  type DemoOrganization,
  type DemoUser,
} from './demo-organizations.js';
import { insertCatalog } from './seed-catalog.js';
import { insertShopYear } from './seed-shop.js';
import { customerNamed } from './shop-people.js';
import { stableUuid } from './stable-uuid.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** Early enough for a catalog that is complete a year ago. */
const FOUNDED = new Date('2025-06-02T09:00:00Z');
const DUE_HOUR_UTC = 17;

/**
 * Makes the demo organizations that are not there yet. Everything in them is the same wherever and
 * whenever it is made, ids included, but for due dates, which count from today, the year of the shop, which ends
 * at this moment, and password salts.
 *
 * @returns the names of the organizations that were made
 */
export async function seedDemo(tenancy: Tenancy, clock: Clock = systemClock): Promise<string[]> {
  const made: string[] = [];
  let passwordHash: string | undefined;
  // The first one last: where it is, none is missing.
  for (const organization of DEMO_ORGANIZATIONS.toReversed()) {
    if ((await tenancy.findOrganization(organization.slug)) !== null) continue;
    passwordHash ??= await new PasswordHasher().hash(DEMO_PASSWORD);
    if (await seedOrganization(tenancy, organization, passwordHash, clock.now())) {
      made.unshift(organization.name);
    }
  }
  return made;
}

/** @returns false when somebody else made it at the same moment */
async function seedOrganization(
  tenancy: Tenancy,
  organization: DemoOrganization,
  passwordHash: string,
  now: Date,
): Promise<boolean> {
  const tenant = { orgId: stableUuid(organization.slug, FOUNDED), userId: null };
  try {
    await tenancy.withTenant(tenant, 'write', (tx) =>
      insertOrganization(tx, organization, passwordHash, now),
    );
    return true;
  } catch (error) {
    if (isUniqueViolation(error, 'organizations_pkey')) return false;
    throw error;
  }
}

async function insertOrganization(
  tx: TenantTransaction,
  { name, slug, users, projects, catalog, shop }: DemoOrganization,
  passwordHash: string,
  now: Date,
): Promise<void> {
  const { prisma } = tx;
  const { orgId } = tx.tenant;
  await prisma.organization.create({
    data: { id: orgId, name, slug, orderMail: shop !== null, ...madeAt(FOUNDED) },
  });

  const joined = (index: number) => new Date(FOUNDED.getTime() + index * HOUR);
  const userId = (key: DemoUser['key']) =>
    stableUuid(`${slug} ${key}`, joined(users.findIndex((user) => user.key === key)));
  await prisma.user.createMany({
    data: users.map(({ key, ...user }, index) => ({
      ...user,
      orgId,
      id: userId(key),
      passwordHash,
      ...madeAt(joined(index)),
    })),
  });

  for (const [index, project] of projects.entries()) {
    const begun = new Date(FOUNDED.getTime() + (index * 20 + 1) * DAY);
    const projectId = stableUuid(`${slug} ${project.name}`, begun);
    await prisma.project.create({
      data: {
        orgId,
        id: projectId,
        name: project.name,
        description: project.description,
        ownerId: userId(project.owner),
        ...madeAt(begun),
      },
    });
    await prisma.task.createMany({
      data: project.tasks.map(
        ([title, status, priority, assignee, dueInDays, description = ''], number) => {
          const written = new Date(begun.getTime() + (number + 1) * 7 * HOUR);
          return {
            orgId,
            id: stableUuid(`${slug} ${project.name} ${title}`, written),
            projectId,
            title,
            description,
            status,
            completed: status === 'completed',
            priority,
            assigneeId: assignee && userId(assignee),
            dueAt: dueInDays === null ? null : dueAt(now, dueInDays),
            ...madeAt(written),
          };
        },
      ),
    });
  }
  const keeperId = userId('admin');
  const products = await insertCatalog(tx, catalog, { slug, keeperId, opened: joined(1) });
  if (shop === null) return;
  await insertPublishableKey(tx, shop.publishableKey, {
    createdBy: keeperId,
    createdAt: joined(1),
  });
  const customers = Array.from({ length: shop.customers }, (_, index) => {
    const joinedAt = new Date(FOUNDED.getTime() + (index + 1) * 2 * DAY);
    return {
      ...customerNamed(index),
      id: stableUuid(`${slug} customer ${index}`, joinedAt),
      joinedAt,
    };
  });
  await prisma.user.createMany({
    data: customers.map(({ joinedAt, ...customer }) => ({
      ...customer,
      orgId,
      role: CUSTOMER_ROLE,
      passwordHash,
      ...madeAt(joinedAt),
    })),
  });
  await insertShopYear(tx, { shop, slug, products, customers, keeperId, now });
}

/** @throws Error for a key that names another organization than that of the transaction */
async function insertPublishableKey(
  { prisma, tenant: { orgId } }: TenantTransaction,
  key: string,
  made: { createdBy: string; createdAt: Date },
): Promise<void> {
  const said = readOpaqueToken('publishableKey', key);
  if (said?.orgId !== orgId) throw new Error('The demo key is of no shop that is being made.');
  const { id, hash } = said;
  const secretHash = new Uint8Array(hash);
  const prefix = shownPrefix(key);
  await prisma.publishableKey.create({
    data: { orgId, id, name: 'Demo storefront', prefix, secretHash, ...made },
  });
}

function madeAt(time: Date) {
  return { createdAt: time, updatedAt: time };
}

function dueAt(today: Date, inDays: number): Date {
  const midnight = Math.floor(today.getTime() / DAY) * DAY;
  return new Date(midnight + inDays * DAY + DUE_HOUR_UTC * HOUR);
}
