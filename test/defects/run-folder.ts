/** Where this run keeps its copies and what it has found out; the global setup makes and removes it. */
export const RUN_FOLDER_VARIABLE = 'ROWHOUSE_DEFECTS_FOLDER';

/** The folder of this run. */
export function runFolder(): string {
  const folder = process.env[RUN_FOLDER_VARIABLE];
  if (folder === undefined) throw new Error('Start this with: npm run test:defects');
  return folder;
}
