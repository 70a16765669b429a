import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';

const context = new URL('../../dist/cli/context.js', import.meta.url);

/** Runs an event of the process in a process with a context, and returns whether that is interrupted. */
function isInterruptedBy(event: string): boolean {
  const script = `
    import { system } from '${context}';
    const { interrupted } = system();
    const fails = (stream, code) => stream.emit('error', Object.assign(new Error(code), { code, errno: -1 }));
    ${event};
    process.exitCode = interrupted.aborted ? 130 : 0;`;
  const { status } = spawnSync(process.execPath, ['--input-type=module', '--eval', script]);
  return status === 130;
}

it.each([
  "process.emit('SIGINT')",
  "process.emit('SIGTERM')",
  "process.emit('SIGHUP')",
  "process.emit('SIGBREAK')",
  "fails(process.stdout, 'EPIPE')",
  "fails(process.stderr, 'EPIPE')",
  "fails(process.stdout, 'EOF')",
])('A command is interrupted by %s', (event) => {
  expect(isInterruptedBy(event)).toBe(true);
});

it.each(["process.emit('SIGUSR2')", 'undefined'])('A command is not interrupted by %s', (event) => {
  expect(isInterruptedBy(event)).toBe(false);
});
