import { terminalCapabilities } from './capabilities.js';
import { type Layout, logLayout } from './layout.js';

interface OutputContext {
  readonly stderr: { readonly isTTY?: boolean | undefined; readonly columns?: number | undefined };
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Returns the layout of stderr. Only for a terminal does it load the widths of characters. */
export async function openLayout(context: OutputContext): Promise<Layout> {
  if (!terminalCapabilities(context).cursor) return logLayout;
  const { createTerminalLayout } = await import('./terminal-layout.js');
  return createTerminalLayout(context.stderr);
}
