import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';

/** Prints the failed tests of vitest's JSON reports in a folder, and counts all tests. A file that did not start counts as failed. */

const [folder] = process.argv.slice(2);
const reports = readdirSync(folder).map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')));
const sum = (count) => reports.reduce((total, report) => total + count(report), 0);

for (const { assertionResults } of reports.flatMap((report) => report.testResults))
  for (const { status, fullName, failureMessages } of assertionResults)
    if (status === 'failed') process.stdout.write(`failed: ${fullName}\n${failureMessages.join('\n')}\n\n`);
for (const { name, message } of reports.flatMap(filesThatDidNotStart))
  process.stdout.write(`did not start: ${name}\n${message}\n\n`);

const passed = sum((report) => report.numPassedTests);
const failed = sum((report) => report.numFailedTests + filesThatDidNotStart(report).length);
process.stdout.write(`${passed} passed, ${failed} failed\n`);

function filesThatDidNotStart({ testResults }) {
  return testResults.filter(
    ({ status, assertionResults }) =>
      status === 'failed' && assertionResults.every((test) => test.status !== 'failed'),
  );
}
