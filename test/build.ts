import { execFileSync } from 'node:child_process';

/** Compiles the commands before the tests, which start them as child processes. */
export default function build(): void {
  execFileSync('npm', ['run', '--silent', 'build'], { stdio: 'inherit' });
}
