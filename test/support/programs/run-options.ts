/** fast-check ends in time to tell what was found; a failure is shrunk until then. */
export const TIME_LIMIT_MS = 60_000;

/** The same programs in every run, so that a change that fails is the change's fault. */
const USUAL_SEED = '20261121';

const { FAST_CHECK_RUNS = '40', FAST_CHECK_SEED = USUAL_SEED, FAST_CHECK_PATH } = process.env;

/**
 * Seed and path repeat a run, and the one program that failed in it: both stand in its failure. Another
 * seed, with more runs, looks further: `FAST_CHECK_SEED=$RANDOM FAST_CHECK_RUNS=500 npm test -- …`
 */
export const RUN_OPTIONS = {
  numRuns: Number(FAST_CHECK_RUNS),
  interruptAfterTimeLimit: TIME_LIMIT_MS,
  seed: Number(FAST_CHECK_SEED),
  ...(FAST_CHECK_PATH && { path: FAST_CHECK_PATH }),
};
