import { bashScript } from './bash.js';
import { fishScript } from './fish.js';
import { type Command, describeCommand } from './spec.js';
import { zshScript } from './zsh.js';

export type Shell = 'bash' | 'zsh' | 'fish';

const writers = { bash: bashScript, zsh: zshScript, fish: fishScript };

/** A script that lets a shell complete these commands, made from what they accept. */
export function completionScript(shell: Shell, programs: readonly Command[]): string {
  const source =
    shell === 'fish' ? 'civitconfig completion fish | source' : `source <(civitconfig completion ${shell})`;
  const start = `# To enable completion in every new ${shell}, add this line to its startup file: ${source}`;
  return `${[start, writers[shell](programs.map((program) => describeCommand(program)))].join('\n')}\n`;
}
