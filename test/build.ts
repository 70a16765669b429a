import { execFileSync } from 'node:child_process';

/** Compiles the commands once before any test starts them as child processes. */
export default function build(): void {
  execFileSync('npm', ['run', '--silent', 'build'], { stdio: 'inherit' });
}
