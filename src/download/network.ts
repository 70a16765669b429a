import { type NetworkOptions, withNetworkOptions } from '../http/network-options.js';
import { withIdleTimeout } from '../http/network-timeouts.js';
import type { NetworkRuntime } from '../http/open-http.js';
import { type Options, optionSpecs } from '../options/options.js';

/** Returns the runtime with the proxy, the user agent and the timeout of the options. */
export function withNetwork<R extends NetworkRuntime>(
  runtime: R,
  options: NetworkOptions & Pick<Options, 'timeout'>,
): R {
  return withNetworkOptions(withTimeout(runtime, options), options);
}

/** The default is the runtime's own time. */
function withTimeout<R extends NetworkRuntime>(runtime: R, { timeout }: Pick<Options, 'timeout'>): R {
  if (timeout === optionSpecs.timeout.default) return runtime;
  return { ...runtime, networkTimeouts: withIdleTimeout(runtime.networkTimeouts, timeout * 1_000) };
}
