import { readConfig } from '../config/config.js';
import { type Config, EMPTY_CONFIG } from '../config/schema.js';
import { type Context, configPath } from './context.js';

/**
 * Reads the configuration. Without a home folder, nothing can be stored, and all defaults hold.
 * @throws UsageError if it cannot be read
 */
export async function readStoredConfig(context: Context): Promise<Config> {
  const hasConfig = (await context.configDir()) !== undefined;
  return hasConfig ? readConfig(await configPath(context)) : EMPTY_CONFIG;
}
