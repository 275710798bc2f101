import type { Client } from 'pg';
import type { Organization } from '../api.js';
import type { Driving } from './api-driver.js';

const IMPORT = '/catalog/products/import';
const EXPORT = '/catalog/products/export';

/** What is served beside GraphQL: each route once, with everything that it does. */
export async function seeRoutes(
  { tap, sightings, faults }: Driving,
  superuser: Client,
  { tenant, owner }: Organization,
  url: string,
): Promise<void> {
  const authorization = `Bearer ${owner.token}`;
  const see = async (subject: string, path: string, init: RequestInit) => {
    tap.take();
    const answer = await fetch(`${url}${path}`, init);
    const text = await answer.text();
    if (answer.status !== 200) faults.push(`${subject}: ${text}`);
    sightings.push({ subject, detail: 'once', statements: tap.take() });
    return text;
  };
  const { rows } = await superuser.query<{ line: string }>(
    `SELECT json_build_object('sku', p.sku, 'name', p.name || ' anew', 'category', c.slug, 'stock', 7,
       'low_stock_threshold', 3)::text AS line
     FROM products p JOIN categories c ON c.org_id = p.org_id AND c.id = p.category_id
     WHERE p.org_id = $1 AND p.deleted_at IS NULL LIMIT 400`,
    [tenant.orgId],
  );
  const made = Array.from({ length: 100 }, (_, index) =>
    JSON.stringify({ sku: `route-${index}`, name: 'New', price: '1', currency: 'EUR', stock: 1 }),
  );
  const told = await see(`POST ${IMPORT}`, IMPORT, {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/x-ndjson' },
    body: [...rows.map(({ line }) => line), ...made].join('\n'),
  });
  const counts = `"created":100,"updated":${rows.length},`;
  if (rows.length === 0 || !told.includes(counts)) faults.push(`POST ${IMPORT}: ${told}`);
  await see(`GET ${EXPORT}`, EXPORT, { headers: { authorization } });
}
