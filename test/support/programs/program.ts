import fc from 'fast-check';
import type { Argument, Reference, Step } from './step.js';

/** Words that no other text has in it; also the slugs of the organizations. */
export const ORGANIZATIONS = ['quokka', 'narwhal', 'axolotl'] as const;

/** Steps that run at the same time, at most one of each organization. */
export type Round = readonly Step[];

/** A random program: rounds, one after the other. */
export class Program {
  constructor(readonly rounds: readonly Round[]) {}

  /** What fast-check prints of a program that fails. */
  [fc.toStringMethod](): string {
    const lines = this.rounds.map(
      (round, index) =>
        `  round ${index + 1}\n${round.map((step) => `    ${line(step)}`).join('\n')}`,
    );
    return `\n${lines.join('\n')}\n`;
  }
}

function line({ organization, as, request }: Step): string {
  const what =
    'query' in request
      ? `${request.query} ${print(request.variables)}`
      : request.mutation.map(({ name, input }) => `${name} ${print(input)}`).join('; ');
  return `${ORGANIZATIONS[organization]} (${as}): ${what}`;
}

function print(argument: Argument): string {
  if (typeof argument !== 'object' || argument === null) return JSON.stringify(argument);
  if (Array.isArray(argument)) return `[${argument.map(print).join(', ')}]`;
  if (isReference(argument)) return printReference(argument);
  const fields = Object.entries(argument).filter(([, value]) => value !== undefined);
  return `{ ${fields.map(([name, value]) => `${name}: ${print(value as Argument)}`).join(', ')} }`;
}

function printReference(reference: Reference): string {
  switch (reference.ref) {
    case 'text':
      return JSON.stringify(`… ${reference.words}`);
    case 'self':
      return '<who sends it>';
    case 'version':
      return `<version ${reference.beside >= 0 ? '+' : ''}${reference.beside}>`;
    default:
      return `<${reference.of} ${reference.ref} ${reference.index}>`;
  }
}

export function isReference(argument: Argument): argument is Reference {
  return typeof argument === 'object' && argument !== null && 'ref' in argument;
}
