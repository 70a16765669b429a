import { describe, expect, it } from 'vitest';
import { ApiKey } from '../../src/download/api-key.js';
import { type AccessCode, AccessError, NotFoundError } from '../../src/errors.js';

const refused = (code: AccessCode = 'key-missing') => new AccessError(code, code);

/** Returns a request that is granted with one key only, and the keys that it was sent with. */
function requestFor(good: string, key: ApiKey) {
  const sent: (string | undefined)[] = [];
  const send = async () => {
    const used = key.current;
    sent.push(used);
    if (used !== good) throw refused(used === undefined ? 'key-missing' : 'key-wrong');
    return 'url';
  };
  return { send, sent };
}

describe('a refused request', () => {
  it.each([
    ['without a key', undefined],
    ['with a wrong one', 'bad'],
  ])('%s is sent again with the key that is requested', async (_what, first) => {
    const key = new ApiKey(first, async () => 'good');
    const { send, sent } = requestFor('good', key);
    expect(await key.use(send)).toBe('url');
    expect(sent).toEqual([first, 'good']);
  });

  it('waits for the same answer as the others', async () => {
    let count = 0;
    const key = new ApiKey(undefined, async () => {
      count++;
      await new Promise((resolve) => setTimeout(resolve, 5));
      return 'good';
    });
    const { send } = requestFor('good', key);
    expect(await Promise.all([key.use(send), key.use(send), key.use(send)])).toEqual(['url', 'url', 'url']);
    expect(count).toBe(1);
  });

  it('fails if there is no other key, which is asked for once', async () => {
    let count = 0;
    const key = new ApiKey(undefined, async () => {
      count++;
      return undefined;
    });
    const { send, sent } = requestFor('good', key);
    for (let index = 0; index < 3; index++)
      await expect(key.use(send)).rejects.toMatchObject({ code: 'key-missing' });
    expect(sent).toHaveLength(3);
    expect(count).toBe(1);
  });

  it.each<Error>([
    refused('no-access'),
    refused('early-access'),
    refused('downloads-disabled'),
    refused('key-unclear'),
    new NotFoundError('not-found', 'x'),
  ])('for another reason asks for no key: $code', async (error) => {
    const key = new ApiKey(undefined, async () => {
      throw new Error('asked');
    });
    await expect(key.use(() => Promise.reject(error))).rejects.toBe(error);
  });
});
