import { relations, sql } from 'drizzle-orm';
import {
  customType,
  integer,
  pgTable,
  primaryKey,
  text,
  timestamp,
  uuid,
} from 'drizzle-orm/pg-core';

/** The columns that the endpoints use. */

const tsvector = customType<{ data: string }>({ dataType: () => 'tsvector' });

const orgId = () => uuid('org_id').notNull().default(sql`tenancy.current_org()`);
const instant = (name: string) => timestamp(name, { withTimezone: true, precision: 3 });

export const users = pgTable(
  'users',
  {
    orgId: orgId(),
    id: uuid('id').notNull(),
    name: text('name').notNull(),
  },
  (table) => [primaryKey({ columns: [table.orgId, table.id] })],
);

export const projects = pgTable(
  'projects',
  {
    orgId: orgId(),
    id: uuid('id').notNull(),
    ownerId: uuid('owner_id').notNull(),
    name: text('name').notNull(),
    version: integer('version').notNull().default(1),
    createdAt: instant('created_at').notNull().defaultNow(),
    deletedAt: instant('deleted_at'),
  },
  (table) => [primaryKey({ columns: [table.orgId, table.id] })],
);

export const tasks = pgTable(
  'tasks',
  {
    orgId: orgId(),
    id: uuid('id').notNull(),
    projectId: uuid('project_id').notNull(),
    assigneeId: uuid('assignee_id'),
    title: text('title').notNull(),
    status: text('status').notNull().default('pending'),
    version: integer('version').notNull().default(1),
    createdAt: instant('created_at').notNull().defaultNow(),
    updatedAt: instant('updated_at').notNull().defaultNow(),
    deletedAt: instant('deleted_at'),
    search: tsvector('search').generatedAlwaysAs(sql`''`),
  },
  (table) => [primaryKey({ columns: [table.orgId, table.id] })],
);

export const projectRelations = relations(projects, ({ one, many }) => ({
  owner: one(users, {
    fields: [projects.orgId, projects.ownerId],
    references: [users.orgId, users.id],
  }),
  tasks: many(tasks),
}));

export const taskRelations = relations(tasks, ({ one }) => ({
  project: one(projects, {
    fields: [tasks.orgId, tasks.projectId],
    references: [projects.orgId, projects.id],
  }),
  assignee: one(users, {
    fields: [tasks.orgId, tasks.assigneeId],
    references: [users.orgId, users.id],
  }),
}));
