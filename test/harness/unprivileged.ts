import process from 'node:process';

/** A user who owns nothing, on every system that knows one. */
const NOBODY = 65_534;

/**
 * Does something as a user to whom files can be forbidden, whoever runs the tests: to the superuser
 * nothing is. What it needs below a sandbox has to be open to others.
 */
export async function unprivileged<T>(action: () => Promise<T>): Promise<T> {
  if (process.geteuid?.() !== 0) return action();
  process.seteuid?.(NOBODY);
  try {
    return await action();
  } finally {
    process.seteuid?.(0);
  }
}
