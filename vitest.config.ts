import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    setupFiles: ['test/seed.ts'],
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Colours of the terminal that runs the tests must not reach the output that they check.
    env: { NO_COLOR: '', FORCE_COLOR: '', NODE_EXTRA_CA_CERTS: '' },
  },
});
