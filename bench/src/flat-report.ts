import { availableParallelism, cpus } from 'node:os';
import { LARGE_TASKS } from './data.ts';
import { DATABASE_NOTES } from './database.ts';
import type { FlatDatabase } from './flat-databases.ts';
import type { FlatOptions } from './flat-options.ts';
import { type Comparison, TOLERANCE } from './flat-result.ts';
import type { Heat } from './flat-series.ts';
import { inQuartiles, table } from './text-table.ts';

/** Under which conditions a run was made. */
export interface FlatConditions {
  readonly startedAt: string;
  readonly node: string;
  readonly postgres: string;
  readonly database: string;
  readonly processors: string;
  readonly rounds: number;
  readonly seconds: number;
  readonly databases: readonly {
    readonly name: string;
    readonly organizations: number;
    readonly tasksOfEach: number;
    readonly largeOrganizations: number;
    readonly tasks: number;
    readonly bytes: number;
    readonly buildSeconds: number | null;
  }[];
}

export function flatConditionsOf(
  { rounds, seconds, sizes }: FlatOptions,
  databases: readonly FlatDatabase[],
  startedAt: Date,
  postgres: string,
): FlatConditions {
  return {
    startedAt: startedAt.toISOString(),
    node: process.versions.node,
    postgres,
    database: DATABASE_NOTES,
    processors: `${availableParallelism()} x ${cpus()[0]?.model.trim() ?? 'unknown'}`,
    rounds,
    seconds,
    databases: databases.map(({ size, data, tasks, bytes, buildSeconds }) => ({
      name: size,
      organizations: data.organizations.length,
      tasksOfEach: sizes[size].tasks,
      largeOrganizations: data.largeOrganizations.length,
      tasks,
      bytes,
      buildSeconds,
    })),
  };
}

const TITLES: Record<Heat, string> = {
  'project-read': 'project by id',
  'task-read': 'task by id',
  list: 'list, page 1',
  'project-list': 'list of a project, page 1',
  'long-list': 'list',
};

/** The whole run, for a person. */
export function flatReport(conditions: FlatConditions, comparisons: readonly Comparison[]): string {
  const questions = [...new Set(comparisons.map(({ question }) => question))];
  return [
    describe(conditions),
    ...questions.map((question) =>
      describeQuestion(
        question,
        comparisons.filter((each) => each.question === question),
      ),
    ),
  ].join('\n\n');
}

function describe(conditions: FlatConditions): string {
  const { node, postgres, processors, database, databases, rounds, seconds } = conditions;
  return [
    `Node ${node}, PostgreSQL ${postgres}, ${processors}`,
    `Database: ${database}`,
    ...databases.map(
      ({ name, organizations, tasksOfEach, largeOrganizations, tasks, bytes, buildSeconds }) =>
        `${name}: ${count(organizations)} organizations of ${tasksOfEach} tasks, ` +
        `${largeOrganizations} of ${count(LARGE_TASKS)}; ${count(tasks)} tasks, ` +
        `${count(Math.round(bytes / 2 ** 20))} MB with their indexes` +
        (buildSeconds === null ? '' : `, built in ${buildSeconds.toFixed(0)} s`),
    ),
    `16 connections, medians (and quartiles) of ${rounds} rounds of ${seconds} s, ratios within each round`,
  ].join('\n');
}

function describeQuestion(question: string, comparisons: readonly Comparison[]): string {
  const heading = [
    question,
    'calls/s',
    'ratio',
    'µs server + postgres',
    'ratio',
    'µs postgres',
    'blocks',
    'not in memory',
    `within ${TOLERANCE * 100} %`,
  ];
  const rows = comparisons.map(
    ({ heat, throughput, processorTime, postgresTime, blocks, isFlat }) => [
      TITLES[heat],
      fromTo(throughput, 0),
      inQuartiles(throughput.ratio),
      fromTo(processorTime, 0),
      inQuartiles(processorTime.ratio),
      fromTo(postgresTime, 0),
      blocks.from && blocks.to ? `${blocks.from.median} → ${blocks.to.median}` : '-',
      blocks.from && blocks.to
        ? fromTo({ from: blocks.from.missed, to: blocks.to.missed }, 1)
        : '-',
      isFlat ? 'yes' : 'NO',
    ],
  );
  return table([heading, ...rows]);
}

function fromTo({ from, to }: { from: number; to: number }, digits: number): string {
  return `${from.toFixed(digits)} → ${to.toFixed(digits)}`;
}

function count(value: number): string {
  return value.toLocaleString('en');
}
