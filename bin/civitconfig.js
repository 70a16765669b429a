#!/usr/bin/env node
import { main } from '../dist/cli/civitconfig.js';
import { runCommand } from '../dist/cli/context.js';

await runCommand(main);
