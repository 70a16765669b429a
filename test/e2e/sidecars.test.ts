import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { describe, expect } from 'vitest';
import { ids } from '../fake-civitai/catalog.js';
import { type AppTitle, makeAppRoot } from '../harness/app-roots.js';
import { run } from '../harness/command.js';
import { civitai, it, sandbox } from '../harness/fixture.js';
import { runInProcess } from '../harness/in-process.js';

const { lantern, previews } = ids;
const X = 'copperLanternStyle_v20';

async function download(title: AppTitle, ...args: readonly (string | number)[]) {
  makeAppRoot(sandbox.path('app'), title);
  const typed = args.map(String);
  const ended = await runInProcess([...typed, '--pause-time', '0'], sandbox);
  expect(ended).toMatchObject({ status: 0 });
  return ended;
}

/** The names next to the model, without the model itself, its list of hashes, and the common stem. */
const beside = async (folder: string, stem = X) =>
  (await sandbox.tree(folder))
    .filter((name) => name.startsWith(stem) && ![`${stem}.safetensors`, `${stem}.csv`].includes(name))
    .map((name) => name.slice(stem.length));

const json = async (path: string) => JSON.parse(String(await sandbox.read(path)));

const comfyui = [
  '.jpg',
  '.md',
  '.metadata.json',
  '.preview.jpeg',
  '.safetensors.rgthree-info.json',
  '.sha256',
];

const apps: readonly (readonly [title: AppTitle, folder: string, names: readonly string[]])[] = [
  ['ComfyUI', 'app/models/loras', comfyui],
  ['AUTOMATIC1111', 'app/models/Lora', ['.civitai.info', '.json', '.preview.jpeg']],
  ['reForge', 'app/models/Lora', ['.civitai.info', '.json', '.preview.jpeg']],
  ['Forge', 'app/models/Lora', ['.civitai.info', '.json', '.preview.jpeg']],
  ['Forge Neo', 'app/models/Lora', ['.civitai.info', '.json', '.preview.jpeg']],
  ['SD.Next', 'app/models/Lora', ['.jpg', '.json']],
  ['SwarmUI', 'app/Models/Lora', ['.jpg', '.swarm.json']],
  ['StabilityMatrix', 'app/Models/Lora', ['.civitai.info', '.cm-info.json', '.json', ...comfyui].sort()],
  ['Fooocus', 'app/models/loras', []],
];

/** Inodes and contents, which a run without changes leaves as they are. */
const states = async () =>
  (await sandbox.tree('app')).map((name) => {
    const path = sandbox.path('app', name);
    return [name, statSync(path).ino, readFileSync(path).toString('latin1')];
  });

describe.each(apps)('%s', (title, folder, names) => {
  it('finds all that it reads, earlier than the model, and a second run writes nothing', async () => {
    await download(title, lantern.model, 'app');
    expect(await beside(folder)).toEqual(names);
    // A rename changes this time, too.
    const changedAt = (name: string) => statSync(sandbox.path(folder, X + name), { bigint: true }).ctimeNs;
    expect(names.filter((name) => changedAt(name) > changedAt('.safetensors'))).toEqual([]);
    const before = await states();
    await download(title, lantern.model, 'app');
    expect(await states()).toEqual(before);
  });

  it('finds nothing next to a model that was refused', async () => {
    makeAppRoot(sandbox.path('app'), title);
    civitai.fault({ on: 'storage', kind: 'wrongBytes', times: Infinity });
    const { status } = await runInProcess([String(lantern.model), 'app', '--retry-count', '0'], sandbox);
    expect(status).not.toBe(0);
    expect((await beside(folder)).filter((name) => name.endsWith('json'))).toEqual([]);
    expect(existsSync(sandbox.path(folder, `${X}.safetensors`))).toBe(false);
  });

  it('gets nothing with --sidecars none, and no preview with -i 0', async () => {
    await download(title, lantern.model, 'app', '--sidecars', 'none');
    expect(await beside(folder)).toEqual([]);
    await download(title, lantern.model, 'app', '-i', '0');
    expect(await beside(folder)).toEqual(names.filter((name) => !/\.jpe?g$/.test(name)));
  });

  it('gets it for an old library with --without-model, but not for models that are not there', async () => {
    await download(title, lantern.model, 'app', '--sidecars', 'none');
    await download(title, lantern.model, previews.video.model, 'app', '--without-model');
    expect(await beside(folder)).toEqual(names);
    expect(await beside(folder, 'videoFirst')).toEqual([]);
  });

  it('shows all of it in a dry run', async () => {
    const { stdout } = await download(title, lantern.model, 'app', '--dry-run');
    const planned = stdout.split('\n').filter((line) => /^(sidecar|preview) /.test(line));
    const ends = planned.map((line) => line.slice(line.indexOf(X) + X.length));
    const expected = names.map((name) => name.replace(/^(\.preview)?\.jpe?g$/, '$1.*'));
    expect([...ends].sort()).toEqual([...expected].sort());
  });
});

describe('sidecars', () => {
  const loras = 'app/models/loras';

  it('say what the responses say', async () => {
    await download('StabilityMatrix', lantern.model, 'app');
    const at = `app/Models/Lora/${X}`;
    const bytes = await sandbox.read(`${at}.safetensors`);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    expect(String(await sandbox.read(`${at}.sha256`))).toBe(sha256);
    expect(await json(`${at}.json`)).toMatchObject({
      'activation text': 'copper lantern, dusk glow',
      'sd version': 'SDXL',
      description: `Warm light from copper lanterns.\nCaf\u00e9 \u{1f3ee}\nhttps://civitai.com/models/${lantern.model}?modelVersionId=${lantern.version}`,
      sha256: sha256.toUpperCase(),
      modelId: lantern.model,
    });
    expect(await json(`${at}.civitai.info`)).toMatchObject({
      id: lantern.version,
      modelId: lantern.model,
      creator: { username: 'inventedMaker' },
      images: [{ meta: { prompt: expect.stringContaining('paper lantern') } }, {}],
    });
    expect(await json(`${at}.metadata.json`)).toMatchObject({
      sha256,
      size: bytes.length,
      base_model: 'Illustrious',
    });
    expect(await json(`${at}.cm-info.json`)).toMatchObject({
      VersionId: lantern.version,
      RemoteFileId: lantern.file,
    });
    expect(await json(`${at}.safetensors.rgthree-info.json`)).toMatchObject({
      sha256,
      raw: { metadata: { format: 'pt' } },
    });
    const jpegs = [`${at}.jpg`, `${at}.preview.jpeg`].map((name) => statSync(sandbox.path(name)).ino);
    expect(new Set(jpegs).size).toBe(1);
  });

  it('give SwarmUI the hash of the tensors, so that it leaves the model as it is', async () => {
    await download('SwarmUI', lantern.model, 'app');
    const at = `app/Models/Lora/${X}`;
    const bytes = await sandbox.read(`${at}.safetensors`);
    const tensors = createHash('sha256')
      .update(bytes.subarray(8 + Number(bytes.readBigUInt64LE(0))))
      .digest('hex');
    expect(await json(`${at}.swarm.json`)).toMatchObject({ 'modelspec.hash_sha256': `0x${tensors}` });
  });

  it.each([
    ['inside an application', 'app/models/loras', []],
    ['with another sorter', 'app/models/loras', ['-s', '{type}']],
  ])('are written %s, in its tree', async (_what, root, args) => {
    await download('ComfyUI', lantern.model, root, ...args);
    const names = (await sandbox.tree(loras)).filter((name) => name.endsWith('.metadata.json'));
    expect(names).toEqual([
      expect.stringMatching(/\/copperLanternStyle_v20-mid_309200-vid_319200\.metadata\.json$/),
    ]);
  });

  it.each([
    ['basic inside an application', 'app/models/loras', ['-s', 'basic']],
    ['any other folder', 'library', []],
  ])('are not written with %s', async (_what, root, args) => {
    await download('ComfyUI', lantern.model, root, ...args);
    expect((await sandbox.tree(root)).filter((name) => /\.(metadata\.json|md|sha256)$/.test(name))).toEqual(
      [],
    );
  });

  it('are chosen by their names in any folder', async () => {
    await download('ComfyUI', lantern.model, 'library', '--sidecars', 'sha256, swarmui', '-i', '0');
    expect(
      (await sandbox.tree('library')).filter((name) => /\.(sha256|swarm\.json|md)$/.test(name)),
    ).toHaveLength(2);
    const wrong = await runInProcess(['66', 'library', '--sidecars', 'a1111,other'], sandbox);
    expect(wrong).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('or a list of a1111, civitai-helper'),
    });
  });

  it('are refreshed when the model is replaced', async () => {
    await sandbox.write(`${loras}/${X}.safetensors`, 'an older copy');
    await sandbox.write(
      `${loras}/${X}.metadata.json`,
      JSON.stringify({ civitai: { id: lantern.version }, notes: 'mine', sha256: 'a'.repeat(64) }),
    );
    const { stderr } = await download('ComfyUI', lantern.model, 'app');
    expect(stderr).toContain('replacing the existing file');
    const bytes = await sandbox.read(`${loras}/${X}.safetensors`);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    expect(await json(`${loras}/${X}.metadata.json`)).toMatchObject({
      notes: 'mine',
      sha256,
      size: bytes.length,
    });
  });

  it('that cannot be merged cost the model nothing', async () => {
    await sandbox.write(`${loras}/${X}.metadata.json`, '{"mine"');
    const { stderr } = await download('ComfyUI', lantern.model, 'app');
    expect(stderr).toContain(
      'was left as it is, because it is not valid JSON. The model itself is complete.',
    );
    expect(String(await sandbox.read(`${loras}/${X}.metadata.json`))).toBe('{"mine"');
  });

  it.each(['.safetensors.rgthree-info.json', '.sha256', '.json', '.md', '.preview.jpeg'])(
    'are written if something else is named X%s',
    async (name) => {
      const folder = 'app/Models/Lora';
      await sandbox.write(`${folder}/${X}${name}/mine.txt`, 'mine');
      await download('StabilityMatrix', lantern.model, 'app');
      const names = await beside(folder);
      const all = [...comfyui, '.json', '.civitai.info', '.cm-info.json'];
      const hasPicture = name === '.preview.jpeg';
      const expected = all.filter((one) => one !== name && !(hasPicture && /jpe?g$/.test(one)));
      expect(names).toEqual([...expected, `${name}/mine.txt`].sort());
    },
  );

  it('are written for a file from the cache, too', async () => {
    await runInProcess([String(lantern.model), 'library'], sandbox);
    const { stderr } = await download('ComfyUI', lantern.model, 'app');
    expect(stderr).toContain('taken from cache');
    expect(await beside(loras)).toEqual(comfyui);
  });

  it('are not written for workflows, wildcards and archives', async () => {
    const { Workflows, Wildcards, Poses } = ids.types;
    await download('ComfyUI', Workflows, Wildcards, Poses, 'app', '--sidecars', 'all');
    const all = await sandbox.tree('app');
    expect(all.filter((name) => /\.(metadata\.json|cm-info\.json|md|sha256)$/.test(name))).toEqual([]);
    expect(
      readdirSync(sandbox.path('app/user/default/workflows')).filter((name) => name.endsWith('.json')),
    ).toHaveLength(1);
  });

  it('of VAEs in subfolders of SD.Next are no VAEs', async () => {
    await download('SD.Next', ids.types.VAE, 'app/models/VAE');
    const names = await sandbox.tree('app/models/VAE');
    expect(names.filter((name) => /VAE-mid_\d+-vid_\d+\.json$/.test(name))).toEqual([]);
  });

  it('of a VAE in a subfolder of SD.Next are no VAEs, if the user has moved it there', async () => {
    await download('SD.Next', ids.types.VAE, 'app');
    await sandbox.write('app/models/VAE/sdxl/.keep', '');
    renameSync(
      sandbox.path('app/models/VAE/exampleVAE.safetensors'),
      sandbox.path('app/models/VAE/sdxl/exampleVAE.safetensors'),
    );
    await download('SD.Next', ids.types.VAE, 'app');
    expect((await sandbox.tree('app/models/VAE/sdxl')).filter((name) => name.endsWith('.json'))).toEqual([]);
  });

  it('are never taken for models by a scan', async () => {
    await download('StabilityMatrix', lantern.model, 'app');
    const { stdout } = await run('civitconfig', ['cache', '--scan', 'app', '--json'], sandbox);
    expect(JSON.parse(stdout)).toMatchObject({ checked: [], known: 1, damaged: [], unreadable: 0 });
  });

  it('belong to the primary file, if the user has two that differ only in the extension', async () => {
    const { twoKinds } = ids.twins;
    const folder = 'app/models/checkpoints';
    const again = () => download('ComfyUI', twoKinds.model, 'app', '--all-files', '--cache-mode', '0');
    await again();
    for (const name of await sandbox.tree(folder)) {
      if (name.endsWith('.ckpt'))
        renameSync(sandbox.path(folder, name), sandbox.path(folder, 'twoKinds.ckpt'));
      else if (name.includes('-fid_')) rmSync(sandbox.path(folder, name));
    }
    await again();
    const before = await states();
    expect(await json(`${folder}/twoKinds.metadata.json`)).toMatchObject({
      sha256: createHash('sha256')
        .update(await sandbox.read(`${folder}/twoKinds.safetensors`))
        .digest('hex'),
    });
    expect((await sandbox.tree(folder)).filter((name) => /\.(ckpt|safetensors)$/.test(name))).toEqual([
      'twoKinds.ckpt',
      'twoKinds.safetensors',
    ]);
    await again();
    expect(await states()).toEqual(before);
  });

  it('belong to one file, if two differ only in the extension', async () => {
    const { twoKinds } = ids.twins;
    await download('ComfyUI', twoKinds.model, 'app/models/checkpoints', '--all-files');
    const stem = `Two Kinds/twoKinds-mid_${twoKinds.model}-vid_${twoKinds.version}`;
    const names = (await sandbox.tree('app/models/checkpoints')).filter((name) =>
      /\.(safetensors|ckpt|sha256)$/.test(name),
    );
    expect(names).toEqual([
      `${stem}-fid_${twoKinds.ckptFile}.ckpt`,
      `${stem}-fid_${twoKinds.ckptFile}.sha256`,
      `${stem}.safetensors`,
      `${stem}.sha256`,
    ]);
  });
});

describe('a preview', () => {
  const at = 'app/models/loras';

  it.each(['jpg', 'jpeg', 'png', 'webp', 'preview.png', 'preview.webp', 'gif', 'mp4'])(
    'is never written if the user has a picture X.%s',
    async (extension) => {
      await sandbox.write(`${at}/${X}.${extension}`, 'mine');
      await download('ComfyUI', lantern.model, 'app');
      const pictures = (await beside(at)).filter((name) => /\.(jpe?g|png|webp|gif|mp4)$/.test(name));
      expect(pictures).toEqual([`.${extension}`]);
      expect(String(await sandbox.read(`${at}/${X}.${extension}`))).toBe('mine');
    },
  );

  it('is never written over a picture of the user in other case', async () => {
    await sandbox.write(`${at}/${X.toUpperCase()}.JPG`, 'mine');
    await download('ComfyUI', lantern.model, 'app');
    const pictures = (await sandbox.tree(at)).filter((name) => /\.(jpe?g|png)$/i.test(name));
    expect(pictures).toEqual([`${X.toUpperCase()}.JPG`]);
  });

  it('is found among all examples, however few are downloaded', async () => {
    await download('ComfyUI', previews.webp.model, 'app', '-i', '1');
    const pictures = (await beside(at, 'webpFirst')).filter((name) => /\.(jpe?g|png|webp)$/.test(name));
    expect(pictures).toEqual(['.png', '.preview.png']);
  });

  it('that is no picture is not kept', async () => {
    civitai.fault({
      on: 'image',
      kind: 'status',
      status: 404,
      where: ({ path }) => path.includes('anim=false') || path.includes('width=450/3309331'),
      times: Infinity,
    });
    await download('ComfyUI', previews.video.model, 'app');
    const all = await beside(at, 'videoFirst');
    expect(all.filter((name) => /\.(jpe?g|png|mp4|webp)$/.test(name))).toEqual([]);
  });

  it('is written beside the thumbnail of an application', async () => {
    await sandbox.write(`app/models/Lora/${X}.thumb.jpg`, 'made by SD.Next');
    await download('SD.Next', lantern.model, 'app');
    expect(await beside('app/models/Lora')).toEqual(['.jpg', '.json', '.thumb.jpg']);
  });

  it.each<readonly [title: AppTitle, folder: string, names: readonly string[]]>([
    ['ComfyUI', 'app/models/loras', ['.jpg', '.preview.jpeg', '.preview.mp4']],
    ['Forge Neo', 'app/models/Lora', ['.preview.jpeg', '.preview.mp4']],
    ['AUTOMATIC1111', 'app/models/Lora', ['.preview.jpeg']],
    ['SwarmUI', 'app/Models/Lora', ['.jpg']],
  ])('of a video in %s is a still, and the video where it plays', async (title, folder, names) => {
    await download(title, previews.video.model, 'app');
    const all = await beside(folder, 'videoFirst');
    expect(all.filter((name) => /\.(jpe?g|png|mp4|webp)$/.test(name))).toEqual(names);
  });

  it.each<readonly [title: AppTitle, folder: string]>([
    ['SD.Next', 'app/models/embeddings'],
    ['StabilityMatrix', 'app/Models/Embeddings'],
    ['AUTOMATIC1111', 'app/embeddings'],
  ])('of an embedding is never loaded as one in %s', async (title, folder) => {
    await download(title, previews.pngEmbedding.model, 'app');
    expect((await beside(folder, 'pngFirst')).filter((name) => name.endsWith('.png'))).toEqual([
      '.preview.png',
    ]);
  });

  it('is a JPEG or PNG by its bytes: the next example counts if it is neither', async () => {
    await download('ComfyUI', previews.webp.model, 'app');
    const pictures = (await beside(at, 'webpFirst')).filter((name) => /\.(jpe?g|png|webp)$/.test(name));
    expect(pictures).toEqual(['.png', '.preview.png']);
  });

  it('is small, and one that --nsfw-mode allows', async () => {
    await download('ComfyUI', ids.onlyMature.model, 'app', '--nsfw-mode', '0');
    expect((await sandbox.tree(at)).filter((name) => /preview/.test(name))).toEqual([]);
    await download('ComfyUI', lantern.model, 'app');
    const requests = civitai.requestsTo('image').map(({ path }) => path);
    expect(requests.filter((path) => path.includes('/width=450/'))).toHaveLength(1);
  });

  it('that fails costs the model nothing', async () => {
    civitai.fault({
      on: 'image',
      kind: 'status',
      status: 404,
      where: ({ path }) => path.includes('width=450'),
      times: Infinity,
    });
    const { stderr } = await download('ComfyUI', lantern.model, 'app');
    expect(stderr).toContain('warning: ');
    expect(await beside(at)).toEqual(comfyui.filter((name) => !/jpe?g$/.test(name)));
  });
});
