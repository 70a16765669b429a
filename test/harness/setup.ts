/** Runs before each file of tests. */
import { redefineTests } from './fixture.js';

redefineTests();
