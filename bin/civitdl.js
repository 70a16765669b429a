#!/usr/bin/env node
import process from 'node:process';
import { main } from '../dist/cli/civitdl.js';
import { system } from '../dist/cli/context.js';

process.exitCode = await main(process.argv.slice(2), system());
