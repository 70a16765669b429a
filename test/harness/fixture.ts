import { tmpdir } from 'node:os';
import { test as base } from 'vitest';
import type { Civitai, CivitaiOptions } from '../fake-civitai/civitai.js';
import { createSandbox, type Sandbox } from './sandbox.js';

/**
 * The server and the sandbox of the current test, for the helper functions of its file.
 * Tests that run at the same time take theirs from their context.
 */
export let civitai: Civitai;
export let sandbox: Sandbox;

/** Nothing listens on this port. */
const NO_SERVER = 'http://127.0.0.1:9';

const extendBase = () =>
  base
    .extend('baseUrl', NO_SERVER)
    .extend('sandboxParent', tmpdir())
    .extend('sandbox', { auto: true }, async ({ baseUrl, sandboxParent, onTestFinished }) => {
      sandbox = await createSandbox({ baseUrl, parent: sandboxParent, onTestFinished });
      return sandbox;
    });

/** A test with a sandbox, and without a server. */
export let offlineTest = extendBase();

const extendOffline = () =>
  offlineTest
    .extend('serverOptions', { scope: 'file' }, {} as CivitaiOptions)
    .extend('server', { scope: 'file' }, async ({ serverOptions }, { onCleanup }) => {
      // Tests without a server do not load it.
      const { startCivitai } = await import('../fake-civitai/civitai.js');
      civitai = await startCivitai(serverOptions);
      onCleanup(() => civitai.close());
      return civitai;
    })
    .extend('civitai', { auto: true }, ({ server }) => {
      server.reset();
      return server;
    })
    .extend('baseUrl', ({ civitai }) => civitai.url);

/**
 * A test with a fake Civitai server, and a sandbox whose commands use it. The server is started once for all tests of
 * a file, with `serverOptions`, and reset before each of them.
 */
export let test = extendOffline();

/**
 * Defines the tests anew for a file that shares its process with the files before: what those override holds for all
 * that follows, and Vitest cleans up after a file only what was defined since the file before.
 */
export function redefineTests(): void {
  offlineTest = extendBase();
  test = extendOffline();
}

export { test as it };
