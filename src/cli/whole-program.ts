import type { Command } from 'commander';
import { downloadProgram } from './civitdl.js';
import type { StandardOutputs } from './context.js';
import { infoProgram } from './info.js';
import { searchProgram } from './search.js';

/** Returns `civitdl` with its words as commands, for completion and the man page. It parses nothing: `main` does. */
export function wholeProgram(outputs: StandardOutputs): Command {
  return downloadProgram(outputs).addCommand(infoProgram(outputs)).addCommand(searchProgram(outputs));
}
