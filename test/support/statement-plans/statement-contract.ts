import type { ClientBase } from 'pg';
import type { TenantTable } from '../tenant-tables.js';
import type { Sighting } from './api-driver.js';
import { indexColumns, PLAN_KINDS, type PlanNode, type Plans, plansOf } from './plan.js';
import {
  depthOffences,
  type Offence,
  pageOffences,
  type Rule,
  scanOffences,
} from './plan-rules.js';
import type { SentStatement } from './wire-tap.js';

/** A statement of the product that breaks a rule, and every way in which it was seen to. */
export interface Violation {
  rule: Rule;
  subject: string;
  table: string | null;
  remedy: string;
  /** How it was asked for, and what its plan does there. */
  cases: string[];
  statement: string;
}

/** A violation that is known and lived with. */
export interface AcceptedViolation {
  /** Whose statements may break the rules. */
  subjects: readonly string[];
  rules: readonly Rule[];
  reason: string;
}

export interface ContractOptions {
  /** SQL in front of each statement, in its transaction. */
  before?: readonly string[];
  /** As whom they are explained, where that is not the serving role. */
  role?: string;
}

/**
 * Explains every statement that was seen, with the values that it was seen with and with the plan for
 * all values, and holds the plans against the rules.
 *
 * @param client of the serving role
 * @returns empty when all keep to the rules
 */
export async function contractViolations(
  client: ClientBase,
  sightings: readonly Sighting[],
  tables: readonly TenantTable[],
  { before = [], role }: ContractOptions = {},
): Promise<Violation[]> {
  const catalog = { tables, indexes: await indexColumns(client) };
  const violations = new Violations();
  const known = new Map<string, Promise<Plans>>();
  const explain = (statement: SentStatement, analyze: boolean) => {
    const key = JSON.stringify([statement, analyze]);
    const plans =
      known.get(key) ?? plansOf(client, statement, { analyze, before, ...(role && { role }) });
    known.set(key, plans);
    return plans;
  };
  const firstPages = new Map<string, Record<string, PlanNode[]>>();
  for (const sighting of sightings) {
    const { statements, page, hasRivalKeys = false } = sighting;
    const read: Record<string, PlanNode[]> = {};
    for (const statement of statements) {
      const plans = await explain(statement, page !== undefined);
      for (const kind of PLAN_KINDS) {
        const plan = plans[kind];
        violations.add(sighting, statement, [
          ...scanOffences(plan, kind, statement, catalog, { hasRivalKeys }),
          ...(page ? pageOffences(plan, kind, catalog, page) : []),
        ]);
        read[kind] = [...(read[kind] ?? []), plan];
      }
    }
    if (!page) continue;
    if (page.depth === 'first') firstPages.set(page.list, read);
    const first = firstPages.get(page.list) ?? {};
    for (const kind of PLAN_KINDS) {
      const statement = statements.at(-1);
      if (!statement) continue;
      violations.add(sighting, statement, depthOffences(first[kind] ?? [], read[kind] ?? [], kind));
    }
  }
  return violations.all;
}

class Violations {
  readonly #byKey = new Map<string, Violation>();

  add({ subject, detail }: Sighting, { text }: SentStatement, offences: readonly Offence[]): void {
    for (const { rule, table, remedy, kind, node } of offences) {
      const key = JSON.stringify([rule, subject, table]);
      const violation = this.#byKey.get(key) ?? {
        rule,
        subject,
        table,
        remedy,
        cases: [],
        statement: text,
      };
      this.#byKey.set(key, violation);
      violation.cases.push(`${detail || 'as it is'} (${kind} plan): ${node}`);
    }
  }

  get all(): Violation[] {
    return [...this.#byKey.values()];
  }
}

const SHOWN_CASES = 3;

/** What to tell whoever has changed a statement or an index. */
export function describeViolation(violation: Violation): string {
  const { rule, subject, cases, statement, remedy } = violation;
  const more = cases.length > SHOWN_CASES ? [`… and ${cases.length - SHOWN_CASES} cases more`] : [];
  return [
    `${subject} breaks the rule "${rule}"`,
    ...[...cases.slice(0, SHOWN_CASES), ...more].map((line) => `  ${line}`),
    `  statement: ${statement.replaceAll(/\s+/g, ' ').trim()}`,
    `  what to do: ${remedy}`,
  ].join('\n');
}

/** Tells violations that nobody has accepted, and acceptances that nothing needs any more. */
export function settle(
  violations: readonly Violation[],
  accepted: readonly AcceptedViolation[],
): { open: Violation[]; unneeded: string[] } {
  const all = accepted.flatMap(acceptances);
  const covers = ({ name, rules }: Acceptance, violation: Violation) =>
    rules.includes(violation.rule) && name === violation.subject;
  return {
    open: violations.filter((violation) => !all.some((each) => covers(each, violation))),
    unneeded: all
      .filter((each) => !violations.some((violation) => covers(each, violation)))
      .map(({ name }) => name),
  };
}

/** What is accepted, one by one. */
export interface Acceptance extends Pick<AcceptedViolation, 'rules'> {
  name: string;
}

export function acceptances({ subjects, rules }: AcceptedViolation): Acceptance[] {
  return subjects.map((name) => ({ name, rules }));
}
