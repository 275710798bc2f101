import { code, list, paragraph, type Section } from '../document.js';

/** The promise in plain words; src/tenancy/README.md is its source. */
export function promiseSection(): Section {
  return {
    id: 'promise',
    title: 'What is promised, and how it is enforced',
    blocks: [
      paragraph(
        'Rowhouse serves many organizations from one database. It promises that nothing done on behalf of one organization reads, changes or reveals the rows of another. By design:',
      ),
      list([
        [
          'PostgreSQL itself enforces this, with row-level security: every table of the product has a policy that compares the organization of each row with the organization of the current transaction, ',
          code('app.current_org'),
          '. A program that forgets to filter gets nothing instead of too much.',
        ],
        'The server sets the organization from the claims of a verified token, for one transaction at a time. Without it, no policy lets any row through.',
        'Requests are served by a role that owns nothing, cannot bypass the policies, and may do no more than read and write rows. The policies are forced, so that they hold the owner of the tables as well.',
        'Rows cannot point at rows of another organization, nor collide with them: primary, unique and foreign keys contain the organization.',
        'Each server makes the checks of this report when it starts, and does not serve when one of them fails.',
      ]),
      paragraph('Not promised, and to be secured by other means:'),
      list([
        'The passwords of the owner, of superusers and of the backup role open everything, and so does access to the disk.',
        [
          'Whoever can run SQL of their own as the serving role can name any organization whose id they know, unless the database is sealed: see ',
          { link: 'seal', text: 'The seal' },
          '.',
        ],
        'What a member may do within their own organization is decided by the API, not by the policies.',
        'Organizations share processors, memory and connections; nothing is said here about load or timing.',
      ]),
    ],
  };
}
