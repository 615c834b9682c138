import fc from 'fast-check';

// Every run of the suite tries the same cases, so that a red one is red for its change. `VNES_SEED=random` tries new ones, and
// any number tries those that a failure names.
const { VNES_SEED = '20261123' } = process.env;
if (VNES_SEED !== 'random') fc.configureGlobal({ seed: Number(VNES_SEED) });
