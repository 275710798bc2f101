import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compare, type Question } from './flat-result.ts';
import type { Side } from './flat-series.ts';
import type { Turn, TurnTaker } from './flat-turns.ts';

const QUESTION: Question = { what: 'More', from: 'few', to: 'many', isTarget: true };

const taker = (side: Side, ...turns: Turn[]) =>
  ({ series: { heat: 'list', side }, turns }) as unknown as TurnTaker;

const turn = (throughput: number, processorTime: number): Turn => ({
  throughput,
  server: processorTime - 100,
  postgres: 100,
});

test('compares within each round, so that a slow moment of the machine meets both sides', () => {
  const few = taker('few', turn(1_000, 400), turn(100, 800));
  const many = taker('many', turn(900, 440), turn(90, 880));
  const [found, ...others] = compare([QUESTION], [few, many], []);
  assert.equal(others.length, 0);
  assert.equal(found?.throughput.ratio.median, 0.9);
  assert.equal(found?.processorTime.ratio.median, 1.1);
  assert.equal(found?.isFlat, true);
});

test('is flat only if both figures are', () => {
  const few = taker('few', turn(1_000, 400));
  const isFlat = (many: Turn) => compare([QUESTION], [few, taker('many', many)], [])[0]?.isFlat;
  assert.equal(isFlat(turn(1_000, 464)), false);
  assert.equal(isFlat(turn(840, 400)), false);
  // Less than it was is no cost that grows.
  assert.equal(isFlat(turn(2_000, 200)), true);
});
