import type { ServerUnderTest } from '../server-under-test.ts';
import { rowhouse, rowhouseSealed } from './rowhouse/index.ts';

/** What is compared unless somebody asks for others. */
export const DEFAULT_SERVERS: readonly ServerUnderTest[] = [rowhouse];

export const SERVERS: readonly ServerUnderTest[] = [...DEFAULT_SERVERS, rowhouseSealed];
