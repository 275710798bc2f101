/** fast-check ends in time to tell what was found; a failure is shrunk until then. */
export const TIME_LIMIT_MS = 60_000;

const { FAST_CHECK_RUNS = '30', FAST_CHECK_SEED, FAST_CHECK_PATH } = process.env;

/** Seed and path repeat a run, and the one program that failed in it: both stand in its failure. */
export const RUN_OPTIONS = {
  numRuns: Number(FAST_CHECK_RUNS),
  interruptAfterTimeLimit: TIME_LIMIT_MS,
  ...(FAST_CHECK_SEED && { seed: Number(FAST_CHECK_SEED) }),
  ...(FAST_CHECK_PATH && { path: FAST_CHECK_PATH }),
};
