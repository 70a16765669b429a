import { describe, expect, it } from 'vitest';
import { systemRuntime, withoutKey } from '../../src/download/runtime.js';

describe('the environment of sorter files', () => {
  it.each(['CIVITAI_API_KEY', 'CIVITAI_TOKEN', 'civitai_api_key', 'Civitai_Token', 'CIVITAI_Api_Key'])(
    'lacks %s',
    (name) => {
      expect(withoutKey({ [name]: 'secret', PATH: '/bin', CIVITAI_BASE_URL: 'http://localhost' })).toEqual({
        PATH: '/bin',
        CIVITAI_BASE_URL: 'http://localhost',
      });
    },
  );

  it('is that of the process, whatever a library passes for requests', () => {
    expect(systemRuntime({}).sorterEnv.PATH).toBe(process.env.PATH);
  });
});
