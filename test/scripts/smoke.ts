import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { startCivitai } from '../fake-civitai/civitai.js';
import { checks } from './smoke/checks.js';
import { checkContents, pack } from './smoke/tarball.js';
import { User } from './smoke/user.js';

/** `npm run smoke`: packs the tarball and runs it with npx in an empty folder, as a user would. */

const repository = fileURLToPath(new URL('../../', import.meta.url));

async function smoke(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'civitdl-smoke-'));
  const civitai = await startCivitai();
  try {
    const tarball = pack(repository, folder);
    checkContents(join(folder, tarball));
    say(`ok  ${tarball} has the expected files`);
    const user = new User(folder, tarball, civitai.url);
    for (const { what, run } of checks) {
      await user.reset();
      await run(user, civitai);
      say(`ok  ${what}`);
    }
    say(`The packed tarball works on Node ${process.version}.`);
  } finally {
    await civitai.close();
    await rm(folder, { recursive: true, force: true });
  }
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

await smoke();
