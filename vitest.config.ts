import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/build.ts'],
    // Tests that start commands take a second or two, and many times that on a machine that is busy otherwise.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Two at least: many tests wait for a server more than they work.
    maxWorkers: Math.max(2, availableParallelism() - 1),
  },
});
