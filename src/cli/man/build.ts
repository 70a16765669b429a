import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { version } from '../../version.js';
import { configProgram } from '../civitconfig.js';
import type { Context } from '../context.js';
import { helpRows } from '../help.js';
import { wholeProgram } from '../whole-program.js';
import { downloadFiles, settingFiles } from './facts.js';
import { manPage } from './man-page.js';

/** `npm run build` runs this, and writes the man pages. The package does not contain it. */

const changelog = readFileSync(new URL('../../../CHANGELOG.md', import.meta.url), 'utf8');
const folder = new URL('../../man/', import.meta.url);

/** Building prints nothing, and runs no command. */
const outputs = { stdout: { write: () => {} }, stderr: { write: () => {} } } as unknown as Context;

/** The day of the release, or of the build if the version is not released. */
const date =
  new RegExp(`^## ${version} \\((?<day>\\d{4}-\\d\\d-\\d\\d)\\)`, 'm').exec(changelog)?.groups?.day ??
  new Date().toISOString().slice(0, 10);

const pages = {
  civitdl: manPage(wholeProgram(outputs), {
    ...{ version, date, ...helpRows.civitdl },
    summary: 'download models from Civitai',
    files: [...settingFiles, ...downloadFiles],
    related: ['civitconfig'],
  }),
  civitconfig: manPage(
    configProgram(outputs, () => {}),
    {
      ...{ version, date, ...helpRows.civitconfig },
      summary: 'manage the settings of civitdl',
      files: settingFiles,
      related: ['civitdl'],
    },
  ),
};

mkdirSync(folder, { recursive: true });
for (const [name, text] of Object.entries(pages)) writeFileSync(new URL(`${name}.1`, folder), text);
