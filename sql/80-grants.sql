-- rowhouse_app uses rows and nothing else: no TRUNCATE (it ignores policies), no REFERENCES, no TRIGGER. There are no
-- default privileges: a new table is closed until its migration opens it.

GRANT USAGE ON SCHEMA tenancy TO rowhouse_app;
GRANT EXECUTE ON FUNCTION tenancy.current_org(), tenancy.current_user_id() TO rowhouse_app;

GRANT SELECT, INSERT, UPDATE, DELETE ON organizations, users, projects, tasks, sessions, outgoing_mails, roles TO rowhouse_app;

GRANT SELECT, INSERT, UPDATE, DELETE ON second_factors TO rowhouse_app;
-- A code is made and used; nothing about it changes.
GRANT SELECT, INSERT, DELETE ON recovery_codes TO rowhouse_app;

-- Append-only: who can inject SQL can neither change nor delete what has been recorded. The events of an organization
-- go with it, by the foreign key, which acts for the owner.
GRANT SELECT, INSERT ON audit_events TO rowhouse_app;

GRANT SELECT ON organizations, users, projects, tasks, audit_events, sessions, outgoing_mails, roles TO rowhouse_backup;

GRANT SELECT, INSERT, UPDATE, DELETE ON account_tokens, invitations TO rowhouse_app;
GRANT SELECT ON account_tokens, invitations TO rowhouse_backup;

-- What machines and partners present.
GRANT SELECT, INSERT, UPDATE, DELETE ON api_keys, tenant_secrets TO rowhouse_app;
GRANT SELECT ON api_keys, tenant_secrets TO rowhouse_backup;
GRANT SELECT ON second_factors, recovery_codes TO rowhouse_backup;
GRANT SELECT, INSERT, UPDATE, DELETE ON identity_providers, external_identities TO rowhouse_app;
GRANT SELECT ON identity_providers, external_identities TO rowhouse_backup;
