import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { ModelsQuery } from '../../src/civitai/list-source.js';
import { parseItem } from '../../src/civitai/parse-source.js';
import { expectParsedFast, list, model, models, path, testMeanings } from './parsing.js';

const ink = (given = {}) => models({ sort: 'Newest', username: 'inkmaker', ...given });

testMeanings({
  'the models of a user': [
    ['user:inkmaker', ink()],
    ['USER: inkmaker', ink()],
    ['user:12345', models({ sort: 'Newest', username: '12345' })],
    ['user:downloads', models({ sort: 'Newest', username: 'downloads' })],
    ['user:civitai', models({ sort: 'Newest', username: 'civitai' })],
    ['user:', /does not name a user/],
    ['user:Some.Name', /'user:Some.Name' does not name a user\. Names of users consist of/],
    ['user:some name', /does not name a user/],
    ['user:../x', /does not name a user/],
    ['https://civitai.com/user/inkmaker', ink()],
    ['https://civitai.com/user/inkmaker/', ink()],
    ['https://civitai.com/user/inkmaker/models', ink()],
    ['civitai.red/user/inkmaker/models?section=published', ink()],
    ['https://civitai.com/user/12345', models({ sort: 'Newest', username: '12345' })],
    ['https://civitai.com/user/inkmaker/models?sort=Most+Downloaded', ink({ sort: 'Most Downloaded' })],
    [
      'https://civitai.com/user/inkmaker/models?types=LORA&baseModels=Pony',
      ink({ types: ['LORA'], baseModels: ['Pony'] }),
    ],
    ['https://civitai.com/user/somebody?username=other', models({ sort: 'Newest', username: 'somebody' })],
    ['https://civitai.com/user/civitai', models({ sort: 'Newest', username: 'CivitaiOfficial' })],
    ['https://civitai.com/user/downloads', /is a page of your account.* use user:downloads/],
    ['https://civitai.com/user/Account', /is a page of your account/],
    ['https://civitai.com/user/downloads/models', models({ sort: 'Newest', username: 'downloads' })],
    ['https://civitai.com/user/some.name', /does not name a user/],
    ['https://civitai.com/user/some%2Fname', /does not name a user/],
    ['https://civitai.com/user/%', /does not name a user/],
    ['https://civitai.com/user/inkmaker/images', /does not list models.* use user:inkmaker/],
    ['https://civitai.com/user/inkmaker/collections/5', /does not list models/],
    ['https://civitai.com/user', /is the page of a user/],
    ['https://civitai.com/user/inkmaker/models?section=draft', /lists draft models, but only published ones/],
    ['https://civitai.com/user/inkmaker/models?section=private', /lists private models/],
  ],
  'a page of models': [
    ['https://civitai.com/models', models({})],
    ['https://civitai.com/models/', models({})],
    ['https://civitai.com/models?query=ink%20style', models({ query: 'ink style' })],
    ['https://civitai.com/models?query=ink+style&query=x', models({ query: 'ink style' })],
    ['https://civitai.com/models?query=', models({})],
    ['https://civitai.com/models?tag=anime', models({ tags: ['anime'] })],
    ['https://civitai.com/models?tagname=anime', models({ tags: ['anime'] })],
    ['https://civitai.com/models?tag=anime&tag=ink', models({ tags: ['anime', 'ink'] })],
    ['https://civitai.com/models?username=inkmaker', models({ username: 'inkmaker' })],
    ['https://civitai.com/models?user=inkmaker', models({ username: 'inkmaker' })],
    ['https://civitai.com/models?types=LORA&types=LoCon', models({ types: ['LORA', 'LoCon'] })],
    ['https://civitai.com/models?types=lora', models({ types: ['LORA'] })],
    ['https://civitai.com/models?types=Hologram', models({ types: ['Hologram'] })],
    [
      'https://civitai.com/models?baseModels=SDXL+1.0&baseModels=Pony',
      models({ baseModels: ['SDXL 1.0', 'Pony'] }),
    ],
    ['https://civitai.com/models?sort=newest', models({ sort: 'Newest' })],
    ['https://civitai.com/models?sort=Best', /has an unknown sort\. Known ones: Highest Rated/],
    ['https://civitai.com/models?period=Week', models({ period: 'Week' })],
    ['https://civitai.com/models?period=Week&periodMode=stats', models({})],
    ['https://civitai.com/models?period=Decade', /has an unknown period/],
    ['https://civitai.com/models?checkpointType=Merge', models({ checkpointType: 'Merge' })],
    ['https://civitai.com/models?checkpointType=Standard', /has an unknown checkpointType/],
    ['https://civitai.com/models?fileFormats=GGUF', models({ fileFormats: ['GGUF'] })],
    ['https://civitai.com/models?favorites=true', models({ favorites: true })],
    ['https://civitai.com/models?favorites=false&hidden=false&followed=false', models({})],
    ['https://civitai.com/models?archived=true&earlyAccess=false', models({ flags: ['archived'] })],
    ['https://civitai.com/models?view=feed&utm_source=x&modelId=', models({})],
    ['https://civitai.com/models?excludedTagIds=1&status=', models({}, 'excludedTagIds')],
    ['https://civitai.com/models?followed=true', /of users that you follow/],
    ['https://civitai.com/models?hidden=true', /that your account hides/],
    ['https://civitai.com/models?collectionId=5', /Use https:\/\/civitai\.com\/collections\/5/],
    ['https://civitai.com/models?username=a.b', /does not name a user/],
    ['https://civitai.com/tag/anime', models({ tags: ['anime'] })],
    ['https://civitai.com/tag/blue%20sky?sort=Newest', models({ sort: 'Newest', tags: ['blue sky'] })],
    ['https://example.com/models?query=ink', /is on example\.com/],
  ],
  'the search page': [
    ['https://civitai.com/search/models?query=ink&sortBy=models_v9', models({ query: 'ink' })],
    [
      'https://civitai.com/search/models?modelType=LORA&baseModel=Pony&tags=anime&tags=ink&category=style',
      models({ types: ['LORA'], baseModels: ['Pony'], tags: ['anime', 'ink', 'style'] }),
    ],
    ['https://civitai.com/search/models?users=inkmaker&sortBy=models_v9:createdAt:desc', ink()],
    [
      'https://civitai.com/search/models?users=inkmaker&sortBy=models_v10%3AsortMetrics.downloadCount%3Adesc',
      ink({ sort: 'Most Downloaded' }),
    ],
    ['https://civitai.com/search/models?users=a&users=b', /Pass each of them: user:a user:b/],
    ['https://civitai.com/search/models?query=ink&page=3', models({ query: 'ink' })],
    [
      'https://civitai.com/search/models?query=ink&lastVersionAt=1-2',
      models({ query: 'ink' }, 'lastVersionAt'),
    ],
    ['https://civitai.com/search/images?query=ink', /does not name a model/],
  ],
  'a search': [
    ['search:ink style', models({ query: 'ink style' })],
    ['Search: ink ', models({ query: 'ink' })],
    ['search:civitai:1@2', models({ query: 'civitai:1@2' })],
    ['search:', /does not say what to search for/],
  ],
  favorites: [
    ['favorites', models({ favorites: true })],
    ['./favorites', path],
    ['favourites', models({ favorites: true })],
    ['./favourites', path],
    ['Favorites', path],
  ],
  'a collection, an image or a post': [
    ['https://civitai.com/collections/5', list({ kind: 'collection', collectionId: 5 })],
    ['civitai.red/collections/5?sort=Newest', list({ kind: 'collection', collectionId: 5 })],
    ['https://civitai.com/images/5', list({ kind: 'image', imageId: 5 })],
    ['https://civitai.com/images/5?postId=7&tags=1', list({ kind: 'image', imageId: 5 })],
    ['https://civitai.com/gallery/5', list({ kind: 'image', imageId: 5 })],
    ['https://civitai.com/posts/5', list({ kind: 'post', postId: 5 })],
    ['https://civitai.com/posts/5/some-slug', list({ kind: 'post', postId: 5 })],
    ['https://civitai.com/images/0', /contains an invalid id/],
    ['https://civitai.com/posts/99999999999', /contains an invalid id/],
    ['collection:5', list({ kind: 'collection', collectionId: 5 })],
    ['image:5', list({ kind: 'image', imageId: 5 })],
    ['post:5', list({ kind: 'post', postId: 5 })],
    ['Collection: 5 ', list({ kind: 'collection', collectionId: 5 })],
    ['POST:007', list({ kind: 'post', postId: 7 })],
    ['image:0', /'image:0' contains an invalid id/],
    ['post:99999999999', /contains an invalid id/],
    ['collection:', /'collection:' has no id, .* Example: 'collection:104'/],
    ['Image:cat', /'Image:cat' has no id, .* Example: 'image:104'/],
    ['post:5/some-slug', /has no id/],
    ['./image:5', path],
  ],
  'a text that only resembles a list': [
    ['users:inkmaker', path],
    ['favorites.txt', path],
    ['collections:5', path],
    ['tag:x', path],
    ['66', model(66)],
    ['./user:x', path],
  ],
});

it.each([
  `https://civitai.com/user/${'a'.repeat(100_000)}`,
  `https://civitai.com/models?${'tag=a&'.repeat(20_000)}`,
  `user:${' '.repeat(100_000)}x`,
  `search:${'a '.repeat(100_000)}`,
  `post:${' '.repeat(100_000)}x`,
])('a long text is parsed fast', (text) => {
  expectParsedFast(text);
});

it('never passes a name on that Civitai would change', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (name) => {
      try {
        const item = parseItem(`https://civitai.com/user/${encodeURIComponent(name)}`);
        const query: ModelsQuery = item.kind === 'list' && item.list.kind === 'models' ? item.list.query : {};
        expect(query.username).toMatch(/^[A-Za-z0-9_]+$/);
      } catch (error) {
        expect(error).toMatchObject({ code: 'bad-source' });
      }
    }),
  );
});
