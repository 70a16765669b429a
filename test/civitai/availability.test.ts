import { describe, expect, it } from 'vitest';
import { unavailableReason } from '../../src/civitai/availability.js';
import type { Model, ModelVersion } from '../../src/civitai/model.js';
import { modelOf, versionOf } from './samples.js';

describe('a version is unavailable because of', () => {
  const now = Date.parse('2026-08-15T12:00:00Z');
  const at = (text: string) => ({ paidAccess: { endsAt: new Date(text) } });

  it.each<
    readonly [
      what: string,
      model: Partial<Model>,
      version: Partial<ModelVersion>,
      code: string | undefined,
      says: RegExp,
    ]
  >([
    ['nothing', {}, {}, undefined, /^$/],
    ['nothing, even if its model was taken down', { mode: 'TakenDown' }, {}, undefined, /^$/],
    ['nothing, if its creator allows downloads', {}, { usageControl: 'Download' }, undefined, /^$/],
    ['nothing, if early access is over', {}, at('2026-08-15T12:00:00Z'), undefined, /^$/],
    [
      'an archived model',
      { mode: 'Archived' },
      { files: [] },
      'archived',
      /^Model 66 is archived and can no longer be downloaded\.$/,
    ],
    [
      'its creator',
      {},
      { usageControl: 'Generation' },
      'downloads-disabled',
      /^Version 75 \(v75\) of model 66: its creator/,
    ],
    [
      'its creator, in an unknown way',
      {},
      { usageControl: 'Telepathy' },
      'downloads-disabled',
      /creator has disabled/,
    ],
    ['early access', {}, at('2026-09-01T00:00:00Z'), 'early-access', /in early access until 2026-09-01\.$/],
    [
      'permanent early access',
      {},
      { paidAccess: {} },
      'early-access',
      /in early access and has to be bought\.$/,
    ],
    ['missing files', {}, { files: [] }, 'no-such-file', /has no files\.$/],
  ])('%s', (_what, model, version, code, says) => {
    const problem = unavailableReason(modelOf(66, model), versionOf(75, version), now);
    expect(problem?.code).toBe(code);
    expect(problem?.message ?? '').toMatch(says);
  });
});
