import { expect, it } from 'vitest';
import { jsonTypes } from '../harness/json-lines.js';
import { readPage } from './page.js';

it('doc/json.md has all types of lines with all their fields', () => {
  const [table] = readPage('doc/json.md').tables;
  const documented = (table?.rows ?? []).map(([type = '', fields = '']) => [type, fields.split(', ').sort()]);
  const actual = [...jsonTypes()].map(([type, fields]) => [
    type,
    fields.filter((field) => field !== 'v' && field !== 'type').sort(),
  ]);
  expect(documented).toEqual(actual);
});
