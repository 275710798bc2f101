import { SeedError } from './seed.error.js';

/** How much load data: so many organizations, each with so many tasks. */
export interface LoadScale {
  organizations: number;
  tasks: number;
}

const MOST_ORGANIZATIONS = 10_000;
const MOST_TASKS = 100_000;
/** About 10 GB on disk. */
const MOST_TASKS_IN_ALL = 10_000_000;

/**
 * @param text like `100x2000`
 * @throws {SeedError} for what is no such text, or more than anybody means
 */
export function parseLoadScale(text: string): LoadScale {
  const [, first, second] = /^(\d+)x(\d+)$/i.exec(text.trim()) ?? [];
  const scale = { organizations: Number(first), tasks: Number(second) };
  if (first === undefined) {
    throw new SeedError(
      `"${text}" is no size. Write ORGANIZATIONSxTASKS, such as 100x2000 for 100 organizations with 2,000 tasks each.`,
    );
  }
  checkRange('organizations', scale.organizations, MOST_ORGANIZATIONS);
  checkRange('tasks in each organization', scale.tasks, MOST_TASKS);
  if (scale.organizations * scale.tasks > MOST_TASKS_IN_ALL) {
    throw new SeedError(
      `${text} makes ${inWords(scale.organizations * scale.tasks)} tasks; ${inWords(MOST_TASKS_IN_ALL)} in all is the most.`,
    );
  }
  return scale;
}

function checkRange(what: string, value: number, most: number): void {
  if (value >= 1 && value <= most) return;
  throw new SeedError(`${inWords(value)} ${what} cannot be made; it takes 1 to ${inWords(most)}.`);
}

function inWords(value: number): string {
  return value.toLocaleString('en-US');
}
