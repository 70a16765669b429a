import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { modelSchema } from '../../../src/civitai/schema.js';
import { modelRows } from '../../../src/cli/report/model-rows.js';
import { stripControlChars } from '../../../src/text.js';

const found = (name: string, stats: object = { downloadCount: 12_345 }) => {
  const model = modelSchema.parse({
    id: 123456,
    name,
    type: 'TextualInversion',
    creator: { username: 'a_rather_long_user_name' },
    stats,
    modelVersions: [
      {
        id: 1,
        name: 'v1',
        baseModel: 'Stable Cascade',
        files: [{ id: 2, name: 'a.safetensors', sizeKB: 1000, type: 'Model' }],
      },
    ],
  });
  return { model, version: model.versions[0] };
};
const models = [
  found('Paper Lantern'),
  found('\u{1f3ee} 提灯 '.repeat(20)),
  found('\u001b[2Jhostile\nname', {}),
];

describe('the rows of models', () => {
  it.each([36, 40, 60, 79, 80, 100, 120, 200])('fit %i columns', (columns) => {
    const { heading, rows } = modelRows(models, columns);
    for (const line of [heading, ...rows]) {
      expect(stringWidth(line)).toBeLessThanOrEqual(columns);
      expect(line.trim()).toBe(stripControlChars(line));
    }
    expect(rows[0]).toMatch(/^ {2}123456 {2}Paper/);
  });

  it('have all columns if there is room', () => {
    const { heading, rows } = modelRows(models.slice(0, 1), 120);
    expect(heading.trim().split(/ {2,}/)).toEqual([
      'id',
      'name',
      'type',
      'base model',
      'creator',
      'downloads',
      'size',
    ]);
    expect(rows[0]?.trim().split(/ {2,}/)).toEqual([
      '123456',
      'Paper Lantern',
      'TextualInversion',
      'Stable Cascade',
      'a_rather_long_u…',
      '12,345',
      '1.02 MB',
    ]);
  });
});
