SET LOCAL ROLE rowhouse_owner;

DROP TABLE stock_movements, stock_levels, products, categories;

DROP INDEX users_org_id_created_at_id_administrators_idx;

-- Events of the kind that came with it have no name any more, and go.
ALTER TABLE audit_events NO FORCE ROW LEVEL SECURITY;
DELETE FROM audit_events WHERE kind = 'stock.low';
ALTER TABLE audit_events FORCE ROW LEVEL SECURITY;
ALTER TABLE audit_events
  DROP CONSTRAINT audit_events_kind_known,
  ADD CONSTRAINT audit_events_kind_known CHECK (kind IN (
    'session.signed_in', 'session.refused', 'session.signed_out', 'session.revoked', 'session.refresh_reused',
    'session.throttled', 'user.created', 'user.updated', 'user.role_changed', 'user.password_changed',
    'user.password_reset', 'user.disabled', 'user.enabled', 'user.removed', 'user.email_verified',
    'user.email_changed', 'user.second_factor_enabled', 'user.second_factor_disabled',
    'user.recovery_code_used', 'user.linked', 'organization.created', 'organization.updated',
    'organization.suspended', 'organization.resumed', 'organization.deletion_requested',
    'organization.deletion_cancelled', 'invitation.created', 'invitation.resent', 'invitation.revoked',
    'invitation.accepted', 'role.created', 'role.updated', 'role.removed', 'api_key.created', 'api_key.used',
    'api_key.revoked', 'tenant_secret.created', 'tenant_secret.used', 'tenant_secret.refused',
    'tenant_secret.revoked', 'identity_provider.created', 'identity_provider.updated',
    'identity_provider.removed'));

RESET ROLE;
