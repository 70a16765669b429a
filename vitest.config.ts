import { existsSync, readdirSync, readFileSync, statfsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * Files that need a process of their own: a mock of a module reaches only modules that are not loaded yet, memory is
 * measured without what other tests left, and the harness of some has tests of its own. The others share processes,
 * since loading the modules anew for each file takes more processor time than the tests of most files.
 */
const ISOLATED = /\bvi\.mock\(|\bmemoryUsage\(|\/harness\/(exfat|wine)\.js'/;
const MEMORY_DISK = '/dev/shm';

/** Files that take the longest, and that would otherwise start last: Vitest starts with the largest files. */
const LONGEST = [
  'e2e/options.slow',
  'docs/examples.slow',
  'e2e/screen.slow',
  'e2e/chaos.slow',
  'transfer/fuzz.slow',
  'http/fuzz.slow',
  'e2e/stale-files.slow',
  'e2e/jobs',
  'transfer/restarts',
];

/** Starts long files first, so that no worker is left with one at the end. Projects stay together. */
class LongestFirst extends BaseSequencer {
  override async sort(specifications: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(specifications);
    const names = sorted.map(({ project }) => project.name);
    const rank = ({ project, moduleId }: TestSpecification) => {
      const place = LONGEST.findIndex((name) => moduleId.endsWith(`/test/${name}.test.ts`));
      return names.indexOf(project.name) * (LONGEST.length + 1) + (place < 0 ? LONGEST.length : place);
    };
    return sorted.sort((one, other) => rank(one) - rank(other));
  }
}

interface TestFile {
  readonly path: string;
  readonly isIsolated: boolean;
  readonly isSlow: boolean;
}

const files = readdirSync('test', { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.test.ts'))
  .map((name): TestFile => {
    const path = join('test', name);
    return {
      path,
      isIsolated: ISOLATED.test(readFileSync(path, 'utf8')),
      isSlow: name.endsWith('.slow.test.ts'),
    };
  });

function project(name: string, env: Record<string, string>, isIncluded: (file: TestFile) => boolean) {
  const include = files.filter(isIncluded);
  return {
    test: {
      name,
      env,
      include: include.map(({ path }) => path),
      isolate: include.some(({ isIsolated }) => isIsolated),
      setupFiles: ['test/harness/setup.ts'],
      // Fewer collections of the young objects of thousands of small tests.
      execArgv: ['--max-semi-space-size=32'],
      // Tests that start commands take one or two seconds, and many times that on a busy machine.
      testTimeout: 60_000,
      hookTimeout: 60_000,
      // When a program ends in a terminal, the system can drop output that a busy machine has not read yet.
      retry: name.endsWith('-slow') ? 2 : 0,
    },
  };
}

/**
 * Puts sandboxes in memory, where thousands of files are created and removed in a twentieth of the time. The slow tests,
 * which kill the commands in the middle of their work, use the disk.
 */
function inMemory(): Record<string, string> {
  if (process.env.TMPDIR !== undefined || !existsSync(MEMORY_DISK)) return {};
  const { bavail, bsize } = statfsSync(MEMORY_DISK);
  return bavail * bsize > 2 ** 30 ? { TMPDIR: MEMORY_DISK } : {};
}

export default defineConfig({
  test: {
    globalSetup: ['test/build.ts'],
    sequence: { sequencer: LongestFirst },
    // More than processors, since many tests wait for a server or a program most of the time.
    maxWorkers: 2 * availableParallelism(),
    // They run in the order of their names.
    projects: [
      project('isolated-quick', inMemory(), (file) => file.isIsolated && !file.isSlow),
      project('isolated-slow', {}, (file) => file.isIsolated && file.isSlow),
      project('shared-quick', inMemory(), (file) => !file.isIsolated && !file.isSlow),
      project('shared-slow', {}, (file) => !file.isIsolated && file.isSlow),
    ],
  },
});
