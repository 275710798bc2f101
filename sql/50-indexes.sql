-- The two indexes that Prisma cannot say, and why the others are as they are. Every index costs each write, so each has
-- a list that needs it.
--
-- All begin with org_id: the policy compares it, and it is what narrows a statement under row-level security. All end
-- with id, which makes the order total: a page starts exactly after the last row of the page before. Both directions
-- of an order use the same index, read forwards or backwards.
--
--   organizations (slug)                            sign-in; unique
--   users (org_id, email)                           sign-in; unique
--   users (org_id, created_at, id)                  list of users, in its default order
--   users (org_id, created_at, id) of administrators   whom the organization's mail is for, below
--   users (org_id, name, id)                        list of users by name, choosing an assignee
--   users (org_id, custom_role_id, created_at, id)  who has a role; the check when a role goes
--   projects (org_id, created_at, id)               list of projects, in its default order
--   projects (org_id, name, id)                     list of projects by name
--   projects (org_id, owner_id, created_at, id)     User.projects; the foreign key's check when a user goes
--   tasks (org_id, created_at, id)                  list of tasks, in its default order
--   tasks (org_id, project_id, created_at, id)      Project.tasks and counts; the check when a project goes
--   tasks (org_id, assignee_id, created_at, id)     User.assignedTasks, unassigned tasks; the check when a user goes
--   tasks (org_id, priority, id)                    tasks by priority
--   tasks (org_id, title, id)                       tasks by title
--   tasks (org_id, updated_at, id)                  tasks by last change, the order in which a client synchronises
--   tasks (org_id, due_at, id) where open           what is due, below
--   audit_events (org_id, occurred_at, id)             the audit trail, and a span of time in it
--   audit_events (org_id, actor_id, occurred_at, id)   what one user did
--   audit_events (org_id, subject_id, occurred_at, id) what happened to one user
--   sessions (org_id, user_id, created_at, id)      where a user is signed in; the check when a user goes
--   outgoing_mails (org_id, created_at, id)         mail that left long ago, and is forgotten
--   outgoing_mails (org_id, next_attempt_at, id) where waiting   what is to be sent, below
--   roles (org_id, name)                            one role of a name; unique
--   roles (org_id, created_at, id)                  list of roles
--   account_tokens (org_id, user_id, created_at, id) what a user has been sent; the check when a user goes
--   invitations (org_id, email)                     whether an address is invited; unique
--   invitations (org_id, created_at, id)            list of invitations
--   invitations (org_id, custom_role_id)            the check when a role goes
--   api_keys (org_id, created_at, id)               list of keys
--   api_keys (org_id, user_id, created_at, id)      keys of one user; the check when a user goes
--   recovery_codes (org_id, user_id, code_hash)     one that stands in for a code; the check when a user goes
--   identity_providers (org_id, issuer, audience)   whose token it is; unique
--   identity_providers (org_id, created_at, id)     list of identity providers
--   external_identities (org_id, provider_id, subject)  who that is here; unique; the check when a provider goes
--   external_identities (org_id, user_id)           the check when a user goes
--   categories (org_id, slug)                       one category of a slug; unique
--   categories (org_id, name, id)                   list of categories
--   categories (org_id, parent_id, position, id)    the tree, downwards; the check when a category goes
--   products (org_id, sku) where not deleted        a product by its SKU; unique, below
--   products (org_id, created_at, id)               list of products, the newest first or last
--   products (org_id, name, id)                     list of products by name
--   products (org_id, price_amount, id)             list of products by price
--   products (org_id, category_id, created_at, id)  products of a category; the check when a category goes
--   stock_levels (org_id, units_sold, product_id)   list of products, the best-selling first
--   stock_levels (org_id, low_since, product_id) where low   what has to be ordered, below
--   stock_movements (org_id, created_at, id)        the ledger
--   stock_movements (org_id, product_id, created_at, id)   the ledger of one product; the check when a product goes
--   carts (org_id, owner_id) where open             the cart of an owner; unique, below
--   carts (org_id, id, owner_id)                    what an item belongs to: a cart of its owner; unique
--   carts (org_id, expires_at, id) where open       carts that are to be forgotten, below
--   carts (org_id, owner_id, created_at, id)        carts of somebody who goes
--   carts (org_id, created_at, id)                  how many of the carts of a time became orders
--   cart_items (org_id, product_id, cart_id)        the check when a product goes
--   orders (org_id, number)                         one order of a number; unique
--   orders (org_id, id, owner_id)                   what items, events and payments belong to: an order of its owner; unique
--   orders (org_id, cart_id)                        one order of a cart; unique; the check when a cart goes
--   orders (org_id, placed_at, id)                  list of orders, the newest first
--   orders (org_id, owner_id, placed_at, id)        orders of one shopper
--   orders (org_id, customer_id, placed_at, id)     orders of one user; the check when a user goes
--   orders (org_id, status, placed_at, id)          what has to be sent, of a list that is long otherwise
--   orders (org_id, placed_at, id) where pending    what is to be cancelled when nobody pays, below
--   order_items (org_id, product_id, order_id)      the check when a product goes
--   order_events (org_id, order_id, occurred_at, id)   the history of an order
--   idempotency_keys (org_id, expires_at, owner_id, key)   keys that are to be forgotten
--   payments (org_id, provider, reference)          what a provider's message is about; unique
--   payments (org_id, order_id, created_at, id)     payments of an order
--   stock_reservations (org_id, product_id, expires_at)   how much of a product is kept; the check when a product goes
--   stock_reservations (org_id, expires_at)         those that expired long ago
--   payments (org_id, created_at, id)               list of payments, the newest first
--   payments (org_id, order_id, idempotency_key)    one payment of an attempt; unique
--   payments (org_id, order_id) where under way     one payment at a time; unique, below
--   payment_commands (org_id, payment_id, kind)     one command of a kind; unique; the check when a payment goes
--   payment_commands (org_id, next_attempt_at, id) where waiting   what is to be carried out, below
--   payment_events (org_id, payment_id, received_at)   what a provider has told of a payment; the check when it goes
--   daily_product_sales (org_id, product_id, day)   what was sold of one product; the check when a product goes
--   daily_category_sales (org_id, category_id, day)   what was sold out of those that come first in a report
--   daily_customer_sales (org_id, customer_id, day)   what those have bought who come first in a report
--
-- Those are not restricted to rows that are not deleted: the foreign keys' checks must find deleted rows as well, and
-- few rows are deleted.
--
-- Not indexed, on purpose:
--   kind               few values; what is looked for in the audit trail is a user or a time
--   status, completed  few values; within one project or assignee the rows are few already
--   search             `@@` is not leakproof, so under row-level security it is evaluated after the policy, and a GIN
--                      index never looks words up (seen on 15 and 18; of (org_id, search) with btree_gin it uses
--                      org_id only). A search reads the rows of its organization; the stored words make that cheap.

-- Owners and admins, who are few among the users of an organization.
CREATE INDEX users_org_id_created_at_id_administrators_idx ON users (org_id, created_at, id)
  WHERE role IN ('owner', 'admin');

-- What is due, and what is overdue: open tasks only. Finished and deleted ones pile up over the years and are never
-- asked for by due date.
CREATE INDEX tasks_org_id_due_at_id_open_idx ON tasks (org_id, due_at, id)
  WHERE due_at IS NOT NULL AND NOT completed AND deleted_at IS NULL;

-- Mail that waits, which is little: it leaves within seconds. Whoever looks for organizations that have some due
-- reads this index and no other row, see 70-directory.sql.
CREATE INDEX outgoing_mails_org_id_next_attempt_at_id_waiting_idx ON outgoing_mails (org_id, next_attempt_at, id)
  WHERE next_attempt_at IS NOT NULL;

-- Who deletes a product may use its SKU again.
CREATE UNIQUE INDEX products_org_id_sku_not_deleted_key ON products (org_id, sku) WHERE deleted_at IS NULL;

-- What is low in stock. It names low_since and not the level itself, so that a sale that crosses nothing touches no
-- index (HOT) but that of what sells best.
CREATE INDEX stock_levels_org_id_low_since_product_id_low_idx ON stock_levels (org_id, low_since, product_id)
  WHERE low_since IS NOT NULL;

-- Each owner has one cart that is open.
CREATE UNIQUE INDEX carts_org_id_owner_id_open_key ON carts (org_id, owner_id) WHERE status = 'open';

-- Carts of visitors that are to be forgotten.
CREATE INDEX carts_org_id_expires_at_id_open_idx ON carts (org_id, expires_at, id)
  WHERE status = 'open' AND expires_at IS NOT NULL;

-- Orders that nobody has paid, which is little of what there is: who cancels them looks for the oldest.
CREATE INDEX orders_org_id_placed_at_id_pending_idx ON orders (org_id, placed_at, id) WHERE status = 'pending';

-- Of the payments of an order, one is under way.
CREATE UNIQUE INDEX payments_org_id_order_id_under_way_key ON payments (org_id, order_id)
  WHERE status IN ('open', 'authorized');

-- Each look is for what waits, which is little of what there is.
CREATE INDEX payment_commands_org_id_next_attempt_at_id_waiting_idx ON payment_commands (org_id, next_attempt_at, id)
  WHERE next_attempt_at IS NOT NULL;
