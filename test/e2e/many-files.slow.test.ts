import { expect } from 'vitest';
import { file, model, version } from '../fake-civitai/catalog.js';
import { run } from '../harness/command.js';
import { it, sandbox } from '../harness/fixture.js';

const COUNT = 1_000;
const files = Array.from({ length: COUNT }, (_, index) =>
  file({ id: 10_000 + index, name: `file-${index}.safetensors`, size: 4_000 + index, hashes: ['SHA256'] }),
);

it.override('serverOptions', {
  models: [model({ id: 1, name: 'Many', versions: [version({ id: 2, name: 'v1', files })] })],
});

it('a thousand files of one version fit into a small heap', { timeout: 120_000 }, async () => {
  const { status, stderr } = await run('civitdl', ['1', 'models', '--all-files', '--dry-run'], sandbox, {
    env: { NODE_OPTIONS: '--max-old-space-size=100' },
  });
  expect(stderr).toContain(`for ${COUNT} model files`);
  expect(status).toBe(0);
});
