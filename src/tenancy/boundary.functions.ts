import type { AuditClient } from './isolation-audit.js';
import { KNOWN_FUNCTIONS } from './isolation-audit.known-functions.js';

export interface BoundaryFunctions {
  /** Those that run with another role's rights, that a policy calls, or that the context stands on. */
  described: DatabaseFunction[];
  /** Signatures of all others. */
  others: string[];
}

export interface DatabaseFunction {
  signature: string;
  owner: string;
  language: string;
  isSecurityDefiner: boolean;
  isLeakproof: boolean;
  volatility: 'IMMUTABLE' | 'STABLE' | 'VOLATILE';
  /** `search_path=…` and others. */
  settings: string[];
  executors: string[];
  isCalledByPolicy: boolean;
  isKnown: boolean;
  /** What creates it, with its body. */
  definition: string;
}

/** Every function outside PostgreSQL's own schemas but those of extensions, by signature. */
export async function readFunctions(client: AuditClient): Promise<BoundaryFunctions> {
  const known = KNOWN_FUNCTIONS.map(({ signature }) => signature);
  const functions = (await client.query(FUNCTIONS, [known])).rows as DatabaseFunction[];
  const matters = ({ isSecurityDefiner, isCalledByPolicy, isKnown }: DatabaseFunction) =>
    isSecurityDefiner || isCalledByPolicy || isKnown;
  return {
    described: functions.filter(matters),
    others: functions.filter((one) => !matters(one)).map(({ signature }) => signature),
  };
}

const FUNCTIONS = `
  SELECT named.signature, pg_get_userbyid(p.proowner) AS owner, language.lanname AS language,
         p.prosecdef AS "isSecurityDefiner", p.proleakproof AS "isLeakproof",
         CASE p.provolatile WHEN 'i' THEN 'IMMUTABLE' WHEN 's' THEN 'STABLE' ELSE 'VOLATILE' END AS volatility,
         coalesce(p.proconfig, '{}') AS settings,
         ARRAY(SELECT CASE acl.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(acl.grantee)::text END
               FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) AS acl
               WHERE acl.grantee <> p.proowner ORDER BY 1) AS executors,
         EXISTS (
           SELECT FROM pg_catalog.pg_depend d
           WHERE d.classid = 'pg_catalog.pg_policy'::regclass
             AND d.refclassid = 'pg_catalog.pg_proc'::regclass AND d.refobjid = p.oid
         ) AS "isCalledByPolicy",
         named.signature = ANY ($1::text[]) AS "isKnown",
         CASE WHEN p.prokind = 'a' THEN 'aggregate' ELSE pg_get_functiondef(p.oid) END AS definition
  FROM pg_catalog.pg_proc p
  JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
  JOIN pg_catalog.pg_language language ON language.oid = p.prolang
  CROSS JOIN LATERAL (
    SELECT format('%I.%I(%s)', n.nspname, p.proname, oidvectortypes(p.proargtypes)) AS signature
  ) AS named
  WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
    AND (p.prosecdef OR NOT EXISTS (
      SELECT FROM pg_catalog.pg_depend d
      WHERE d.classid = 'pg_catalog.pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
    ))
  ORDER BY 1`;
