import { count } from '../../../start/index.js';
import type { DatabaseFunction } from '../../../tenancy/index.js';
import {
  type Block,
  bad,
  code,
  codes,
  facts,
  good,
  heading,
  open,
  paragraph,
  type Section,
  sql,
  type Text,
  verdict,
} from '../document.js';
import type { IsolationReport } from '../report.model.js';

export function functionsSection({ boundary }: IsolationReport): Section {
  const { described, others } = boundary.functions;
  return {
    id: 'functions',
    title: 'Functions',
    blocks: [
      paragraph(
        'Those that the policies stand on, and those that run with the rights of their owner instead of the caller (',
        code('SECURITY DEFINER'),
        ').',
      ),
      ...described.flatMap(details),
      paragraph(
        others.length === 0
          ? 'There are no others.'
          : `${count(others.length, 'other function')} ${others.length === 1 ? 'runs' : 'run'} with the rights of the caller, and no policy calls ${others.length === 1 ? 'it' : 'them'}: `,
        ...(others.length === 0 ? [] : [...codes(others), '.']),
      ),
    ],
  };
}

function details(one: DatabaseFunction): Block[] {
  return [
    heading(code(one.signature)),
    facts(
      [
        'Runs with the rights of',
        one.isSecurityDefiner ? [code(one.owner), ', its owner'] : 'the caller',
      ],
      ['Owner', code(one.owner)],
      ['Language', one.language],
      ['Settings', settings(one)],
      ['Volatility', code(one.volatility)],
      ['LEAKPROOF', verdict(!one.isLeakproof, 'no', 'yes')],
      ['May be executed by', executors(one)],
      ['Called by a policy', one.isCalledByPolicy ? 'yes' : 'no'],
      ['Known to the source', one.isKnown ? good('yes') : unknown(one)],
    ),
    sql(`Definition of ${one.signature}`, one.definition),
  ];
}

function settings({ settings, isSecurityDefiner }: DatabaseFunction): Text {
  if (settings.length > 0) return codes(settings);
  return isSecurityDefiner ? bad('none: the search_path is the caller’s') : 'none';
}

function executors({ executors, owner }: DatabaseFunction): Text {
  return [code(owner), ', its owner', ...executors.flatMap((role) => [', ', code(role)])];
}

function unknown({ isSecurityDefiner }: DatabaseFunction): Text {
  return isSecurityDefiner ? bad('no') : open('no');
}
