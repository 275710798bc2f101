-- Mail that left long ago is forgotten by nobody then.

SET LOCAL ROLE rowhouse_owner;

DROP FUNCTION outbox.organizations_with_old_mail(uuid, timestamptz);
REVOKE SELECT (created_at) ON outgoing_mails FROM rowhouse_directory;

RESET ROLE;
