import { writeFileSync } from 'node:fs';
import { printApiSchema, printPermissions } from '../app.js';

/** `npm run schema`: writes the schema as the code has it to `schema.graphql`, and who may use what of it. */
writeFileSync('schema.graphql', await printApiSchema());
writeFileSync('docs/permissions.md', await printPermissions());
