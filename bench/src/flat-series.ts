import type { Cleanup } from './cleanup.ts';
import type { FlatDatabase, FlatSize } from './flat-databases.ts';
import {
  deepRequestsOf,
  type FlatWorkload,
  projectReadsOf,
  type Requests,
  requestsOf,
} from './flat-requests.ts';
import { RunningServer } from './running-server.ts';
import { rowhouse } from './servers/rowhouse/index.ts';

/** Who is asked: organizations of one size in one of the databases. */
export type Side =
  | 'few'
  /** As `few`, by another process of the server: what two processes differ in by themselves. */
  | 'few again'
  | 'middling, large organizations'
  | 'many'
  /** As `many`, from more users than the server remembers the tokens of. */
  | 'many, forgotten users'
  | 'many, large organizations'
  | 'many, page 1'
  | 'many, page 500';

export type Heat = FlatWorkload | 'long-list';

/** What is sent to one server in turns with the other series of the same heat. */
export interface Series {
  readonly heat: Heat;
  readonly side: Side;
  readonly server: RunningServer;
  readonly requests: Requests;
}

const WORKLOADS = ['project-read', 'task-read', 'list', 'project-list'] as const;
const POOL_SIZE = 10;
/** Lists whose page 500 is looked for, which takes a hundred requests each. */
const LONG_LISTS = 20;
/** So many times the visits are made by more users than the 10,000 whose tokens the server remembers. */
const FORGOTTEN = 5;

/** Starts the servers, and makes the requests of every series. */
export async function prepareSeries(
  databases: Record<FlatSize, FlatDatabase>,
  requestCount: number,
  cleanup: Cleanup,
): Promise<Series[]> {
  const { few, middling, many } = databases;
  const start = ({ database }: FlatDatabase) => startServer(database, POOL_SIZE, cleanup);
  const ofFew = await requestsOf(few, few.data.organizations, requestCount);
  const ofMany = await requestsOf(many, many.data.organizations, requestCount);
  const onLong = await start(many);
  const deep = await deepRequestsOf(many, onLong, LONG_LISTS);
  // Sides that are compared have processes with the same history, which is what V8 compiles by.
  const sides: readonly [Side, RunningServer, Partial<Record<Heat, Requests>>][] = [
    ['few', await start(few), ofFew],
    ['few again', await start(few), ofFew],
    ['many', await start(many), ofMany],
    [
      'middling, large organizations',
      await start(middling),
      await requestsOf(middling, middling.data.largeOrganizations, requestCount),
    ],
    [
      'many, large organizations',
      await start(many),
      await requestsOf(many, many.data.largeOrganizations, requestCount),
    ],
    [
      'many, forgotten users',
      await start(many),
      {
        'project-read': await projectReadsOf(
          many,
          many.data.organizations,
          requestCount * FORGOTTEN,
        ),
      },
    ],
    ['many, page 1', onLong, { 'long-list': deep.first }],
    ['many, page 500', onLong, { 'long-list': deep.deep }],
  ];
  return ([...WORKLOADS, 'long-list'] as const).flatMap((heat) =>
    sides.flatMap(([side, server, { [heat]: requests }]) =>
      requests ? [{ heat, side, server, requests }] : [],
    ),
  );
}

export function startServer(
  database: FlatDatabase['database'],
  poolSize: number,
  cleanup: Cleanup,
): Promise<RunningServer> {
  return RunningServer.start(rowhouse, { database, poolSize, nodeArgs: [] }, (started) =>
    cleanup.add(() => started.stop()),
  );
}
