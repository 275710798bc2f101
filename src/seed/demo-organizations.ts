import type { Role } from '../identity/index.js';
import { DEMO_CATALOG, type DemoCategory, SMALL_CATALOG } from './demo-catalog.js';
import type { DemoShop } from './demo-shop.js';
import { type DemoTask, FEATURE_X_TASKS, MVP_TASKS, WEBSITE_TASKS } from './demo-tasks.js';

/** Of every demo account. Known to everybody, so demo data has no place in production. */
export const DEMO_PASSWORD = 'rowhouse-demo';

export interface DemoOrganization {
  name: string;
  slug: string;
  users: readonly DemoUser[];
  projects: readonly DemoProject[];
  catalog: readonly DemoCategory[];
  /** null for one that has not opened. */
  shop: DemoShop | null;
}

export interface DemoUser {
  /** How tasks and projects name this user. */
  key: 'admin' | 'user';
  name: string;
  email: string;
  role: Role;
}

interface DemoProject {
  name: string;
  description: string;
  owner: DemoUser['key'];
  tasks: readonly DemoTask[];
}

export const DEMO_ORGANIZATIONS: readonly DemoOrganization[] = [
  {
    name: 'Demo Org',
    slug: 'demo',
    users: [
      { key: 'admin', name: 'Alex Admin', email: 'admin@demo.com', role: 'owner' },
      { key: 'user', name: 'Uma User', email: 'user@demo.com', role: 'member' },
    ],
    projects: [
      {
        name: 'MVP Project',
        description: 'The first version that customers pay for: booking, payment, reminders.',
        owner: 'admin',
        tasks: MVP_TASKS,
      },
      {
        name: 'Feature X',
        description: 'Bookings appear in the calendars that customers already use.',
        owner: 'user',
        tasks: FEATURE_X_TASKS,
      },
    ],
    catalog: DEMO_CATALOG,
    shop: {
      ordersADay: 7,
      customers: 40,
      publishableKey:
        'rhpk_pvzufD5uD_lgp-S5IQSSAIU81p9OwQ1ZyhNxC6tSWHwBly_efoByqYdRbDVLaISMAZcwFW0AcVuNyj_aFaY-DA',
    },
  },
  {
    name: 'Test Corp',
    slug: 'test',
    users: [{ key: 'admin', name: 'Toni Tester', email: 'admin@test.com', role: 'owner' }],
    projects: [
      {
        name: 'Website Relaunch',
        description: 'The new site of Test Corp. Nobody at Demo Org can see any of this.',
        owner: 'admin',
        tasks: WEBSITE_TASKS,
      },
    ],
    catalog: SMALL_CATALOG,
    shop: null,
  },
];
