import { writeFileSync } from 'node:fs';
import { printApiSchema } from '../app.js';

/** `npm run schema`: writes the schema as the code has it to `schema.graphql`. */
writeFileSync('schema.graphql', await printApiSchema());
