import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

const files = readdirSync('test', { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.test.ts'))
  .map((name) => join('test', name));

/**
 * Files that need a process of their own: a mock of a module reaches only modules that are not loaded yet, memory is
 * measured without what other tests left, and the harness of some has tests of its own. The others share processes,
 * since loading the modules anew for each file takes more processor time than the tests of most files.
 */
const ISOLATED = /\bvi\.mock\(|\bmemoryUsage\(|\/harness\/(exfat|wine)\.js'/;
const isIsolated = (name: string) => ISOLATED.test(readFileSync(name, 'utf8'));
const isSlow = (name: string) => name.endsWith('.slow.test.ts');

/** Vitest runs the projects in the order of their names. */
const project = (name: string, include: readonly string[], isolate: boolean) => ({
  test: {
    name,
    include: [...include],
    isolate,
    setupFiles: ['test/harness/setup.ts'],
    // Tests that start commands take one or two seconds, and many times that on a busy machine.
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
const projects = (speed: string, names: readonly string[]) => [
  project(`isolated-${speed}`, names.filter(isIsolated), true),
  project(
    `shared-${speed}`,
    names.filter((name) => !isIsolated(name)),
    false,
  ),
];

export default defineConfig({
  test: {
    globalSetup: ['test/build.ts'],
    // More than processors, since many tests wait for a server or a program most of the time.
    maxWorkers: 2 * availableParallelism(),
    projects: [
      ...projects(
        'quick',
        files.filter((name) => !isSlow(name)),
      ),
      ...projects('slow', files.filter(isSlow)),
    ],
  },
});
