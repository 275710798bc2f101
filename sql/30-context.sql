-- Who is asking: the organization and the user of the current transaction, as `SET LOCAL` has said.
--
-- Without a context both are NULL, and a policy that compares with NULL shows nothing. nullif, because a setting that
-- was local to a transaction comes back as '' afterwards, which is no uuid.
--
-- STABLE and nothing more, so that the planner puts the expression itself in the place of the call: IMMUTABLE would
-- freeze one organization into a cached plan and hand its rows to the next one. The body is parsed now (RETURN, not a
-- string), so no search_path can redirect it later.

CREATE SCHEMA tenancy;

CREATE FUNCTION tenancy.current_org() RETURNS uuid
  LANGUAGE sql STABLE PARALLEL SAFE
  RETURN nullif(current_setting('app.current_org', true), '')::uuid;

CREATE FUNCTION tenancy.current_user_id() RETURNS uuid
  LANGUAGE sql STABLE PARALLEL SAFE
  RETURN nullif(current_setting('app.current_user_id', true), '')::uuid;

REVOKE ALL ON FUNCTION tenancy.current_org(), tenancy.current_user_id() FROM PUBLIC;
