import { bashScript } from './bash.js';
import { fishScript } from './fish.js';
import { type Command, describeCommand } from './spec.js';
import { zshScript } from './zsh.js';

export type Shell = 'bash' | 'zsh' | 'fish';

const scripts = { bash: bashScript, zsh: zshScript, fish: fishScript };

/** Returns a script that completes these commands in a shell, made from their definitions. */
export function completionScript(shell: Shell, programs: readonly Command[]): string {
  const source =
    shell === 'fish' ? 'civitconfig completion fish | source' : `source <(civitconfig completion ${shell})`;
  const head = `# To enable completion in every new ${shell}, add this line to its startup file: ${source}`;
  const script = scripts[shell](programs.map((program) => describeCommand(program)));
  return `${head}\n${script}\n`;
}
