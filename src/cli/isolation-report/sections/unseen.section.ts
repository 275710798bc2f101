import { code, list, type Section, type Text } from '../document.js';
import type { IsolationReport } from '../report.model.js';

/** What a reader could believe was looked at, and was not. */
export function unseenSection({
  migrations,
  sealKeys,
  versions,
  readAs,
}: IsolationReport): Section {
  const unseen: Text[] = [
    'Rows: only the system catalog was read, and no row of any organization.',
    'Passwords and the rules of who may connect from where (pg_hba.conf), backups, replicas, disks, and the network.',
    [
      'Other databases of the same server, and what is set up outside of it. The catalog was read as ',
      code(readAs),
      ', to whom PostgreSQL shows all of it.',
    ],
  ];
  if ('unseen' in migrations) unseen.push(`The history of migrations: ${migrations.unseen}.`);
  if ('unseen' in sealKeys) unseen.push(`The ids of the keys of the seal: ${sealKeys.unseen}.`);
  unseen.push(
    versions.commit === undefined
      ? 'The commit of the source: the report was not made in a Git checkout.'
      : 'Changes of the source that were not committed when the report was made.',
  );
  return { id: 'unseen', title: 'What was not looked at', blocks: [list(unseen)] };
}
