-- Mail that has not left yet is lost.

SET LOCAL ROLE rowhouse_owner;

DROP FUNCTION outbox.organizations_with_due_mail(uuid);
DROP SCHEMA outbox;
DROP TABLE outgoing_mails;

RESET ROLE;
