import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/build.ts'],
    // Tests that start commands take one or two seconds, and many times that on a busy machine.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // More than processors, since many tests wait for a server or a program most of the time.
    maxWorkers: 2 * availableParallelism(),
  },
});
