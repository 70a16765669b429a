/** Returns the processor time that a step takes, in milliseconds: a busy machine does not lengthen it. */
export function processorMs(step: () => void): number {
  const before = process.cpuUsage();
  step();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}
