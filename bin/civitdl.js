#!/usr/bin/env node
import { main } from '../dist/cli/civitdl.js';
import { runCommand } from '../dist/cli/context.js';

await runCommand(main);
