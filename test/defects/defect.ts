/**
 * A defect is a hole in the isolation boundary, made on purpose in a copy. The suite is good when it
 * notices every one: it kills the defect. One that survives shows what nobody would notice.
 */

/**
 * Who can see that a database has a hole: the audit, which reads the catalog as it does when the server
 * starts, or the attacks, which try what the serving role can do.
 */
export type Detector = 'audit' | 'attacks';

/** A hole in the database. */
export interface DatabaseDefect {
  /** What is wrong, as the end of a sentence that begins with "it is noticed when". */
  name: string;
  /** Number of the pitfall in src/tenancy/README.md. */
  pitfall?: number;
  /**
   * What a superuser does to a freshly migrated database. With `$role` in it, requests are served by a
   * role of that name, made for this defect as a member of the serving role: roles belong to the whole
   * cluster, where other defects are tried at the same time.
   */
  sql: string;
  /** Who has to see it at least. Both, where both can: one going blind must not be hidden by the other. */
  seenBy: readonly [Detector, ...Detector[]];
}

/** A change of one source file. */
export interface Replacement {
  /** From the root of the repository. */
  file: string;
  /** Must stand in the file exactly once. */
  from: string;
  to: string;
}

/** A hole in the code. */
export interface CodeDefect {
  name: string;
  pitfall?: number;
  changes: readonly [Replacement, ...Replacement[]];
  /** Where it is expected to be noticed; when it is not, the whole isolation suite is run. */
  tryFirst: Selection;
  /** Whether it may show in a test that waits forever. Otherwise that counts for nothing. */
  mayHang?: boolean;
}

/** A part of the suite. */
export interface Selection {
  /** Test files, from the root of the repository. */
  files: readonly string[];
  /** Pattern over the full names of tests; all of them when left out. */
  tests?: string;
}
