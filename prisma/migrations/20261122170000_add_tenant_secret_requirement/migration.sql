-- Organizations that want the tenant's secret beside every token of their users.

SET LOCAL ROLE rowhouse_owner;

ALTER TABLE "organizations" ADD COLUMN "require_tenant_secret" BOOLEAN NOT NULL DEFAULT false;

RESET ROLE;
