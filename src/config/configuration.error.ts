/** The environment can't be taken as it is. `message` is written for the terminal. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';

  /** @param faults one readable line each: the variable, what it has and what it takes */
  constructor(readonly faults: readonly string[]) {
    const count = faults.length === 1 ? 'One setting needs' : `${faults.length} settings need`;
    super(`${count} attention:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`);
  }
}
