-- The seal: who can inject SQL can say SET app.current_org, but cannot say that the server did. With TENANT_SEAL_KEY,
-- the server sends a proof along with the organization,
--
--   key id.expiry.HMAC-SHA256(key, organization|user|backend pid|expiry)
--
-- and a RESTRICTIVE policy on every tenant table, for shoppers as well, compares the organization with that of tenant_seal.verified_org(),
-- which is NULL unless the proof holds. The policies come and go with `npm run db -- seal`; without them nothing here
-- is ever called.
--
-- The sub-select makes the planner verify once per statement and table instead of once per row. It is a comparison
-- with the organization, and not a mere "the seal holds", so that a forged context doesn't even read an index entry
-- of another organization.

CREATE SCHEMA tenant_seal;

-- Keys as HMAC uses them (RFC 2104). Only rowhouse_owner, as whom the function runs, and the dump read them.
CREATE TABLE tenant_seal.keys (
  id text PRIMARY KEY,
  inner_pad bytea NOT NULL,
  outer_pad bytea NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  -- NULL while nothing replaces it.
  retires_at timestamptz
);
GRANT USAGE ON SCHEMA tenant_seal TO rowhouse_backup;
GRANT SELECT ON tenant_seal.keys TO rowhouse_backup;

-- Whatever stands in the setting, the answer is NULL and not an error: the casts come after the proof held. The hashes
-- are compared first, so that the time it takes tells nothing about the proof that would have been right. now() is
-- when the transaction began: a seal limits how late it is used, not how long the transaction takes.
--
-- Few expressions on purpose: PL/pgSQL prepares each of them anew in every transaction.
CREATE FUNCTION tenant_seal.verified_org() RETURNS uuid
  LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED
  SET search_path = pg_catalog, pg_temp
  AS $$
DECLARE
  seal text := current_setting('app.tenant_seal', true);
  proof text;
BEGIN
  SELECT encode(sha256(outer_pad || sha256(inner_pad || convert_to(format('%s|%s|%s|%s',
      current_setting('app.current_org', true), current_setting('app.current_user_id', true), pg_backend_pid(),
      split_part(seal, '.', 2)), 'UTF8'))), 'hex')
    INTO proof
    FROM tenant_seal.keys
    WHERE id = split_part(seal, '.', 1) AND (retires_at IS NULL OR retires_at > now());
  RETURN CASE
    WHEN hashtextextended(proof, 0) = hashtextextended(split_part(seal, '.', 3), 0) AND proof = split_part(seal, '.', 3)
    THEN CASE
      WHEN split_part(seal, '.', 2)::bigint > date_part('epoch', now())
      THEN current_setting('app.current_org', true)::uuid
    END
  END;
END
$$;
REVOKE ALL ON FUNCTION tenant_seal.verified_org() FROM PUBLIC;
GRANT USAGE ON SCHEMA tenant_seal TO rowhouse_app, rowhouse_shopper;
GRANT EXECUTE ON FUNCTION tenant_seal.verified_org() TO rowhouse_app, rowhouse_shopper;
