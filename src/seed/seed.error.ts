/** Why data could not be made, and what to do: `message` is for the terminal. */
export class SeedError extends Error {
  override readonly name = 'SeedError';
}
