import { constants, type Stats } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { describeErrno, errnoCode } from '../disk/errors.js';
import { NotFoundError, UsageError } from '../errors.js';
import { type ByteReader, createByteReader } from './byte-reader.js';
import { graphsIn, readComfy } from './comfyui.js';
import { readJpeg } from './jpeg.js';
import { objectOf } from './json.js';
import { PICTURE_HEAD_BYTES, pictureKindOf } from './picture-kind.js';
import { readPng } from './png.js';
import { referencesOfTexts } from './read-texts.js';
import { distinctReferences, type Reference } from './reference.js';
import { decodeText, PictureTexts } from './texts.js';
import { readWebp } from './webp.js';

const TEXT_READERS = { png: readPng, jpeg: readJpeg, webp: readWebp } as const;

/** Graphs that the editor saves have some megabytes at most. */
const MAX_JSON_BYTES = 16 * 1024 * 1024;

/**
 * Reads which models a picture on the disk was made with, the surest first: from the metadata of a PNG, JPEG or WebP, or
 * from a workflow of ComfyUI. Only what is needed of the file is read.
 * @throws UsageError when it is none of these; NotFoundError when it names no model
 */
export async function readPictureFile(path: string): Promise<readonly Reference[]> {
  const handle = await openPicture(path);
  try {
    const { size } = await handle.stat();
    return await readPicture(createByteReader(handle, size), path);
  } catch (error) {
    throw errnoCode(error) === undefined ? error : unreadable(path, error);
  } finally {
    await handle.close();
  }
}

async function openPicture(path: string): Promise<FileHandle> {
  let stats: Stats;
  try {
    stats = await stat(path);
    // Others can put a FIFO in its place, for which an open would wait.
    if (stats.isFile()) return await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    throw unreadable(path, error);
  }
  throw badSource(`'${path}' is ${stats.isDirectory() ? 'a folder' : 'not a file'}, not a picture.`);
}

function unreadable(path: string, error: unknown): unknown {
  const code = errnoCode(error);
  if (code === undefined) return error;
  return badSource(`Cannot read the picture '${path}': ${describeErrno(code)}.`, error);
}

function badSource(message: string, cause?: unknown): UsageError {
  return new UsageError('bad-source', message, { cause });
}

async function readPicture(file: ByteReader, path: string): Promise<readonly Reference[]> {
  const kind = pictureKindOf(await file.read(0, PICTURE_HEAD_BYTES));
  if (kind === undefined)
    throw badSource(`'${path}' is not a PNG, JPEG or WebP, and not a workflow of ComfyUI.`);
  if (kind === 'json') return readWorkflowFile(file, path);
  const texts = new PictureTexts();
  await TEXT_READERS[kind](file, texts);
  const references = referencesOfTexts(texts.all);
  if (references.length > 0) return references;
  const problem =
    texts.all.length === 0
      ? 'has no metadata of a tool that makes pictures. Most sites remove it: use the original file'
      : 'has metadata, but it does not name a model';
  throw new NotFoundError('no-models', `'${path}' ${problem}.`);
}

async function readWorkflowFile(file: ByteReader, path: string): Promise<readonly Reference[]> {
  if (file.size > MAX_JSON_BYTES)
    throw badSource(
      `'${path}' is JSON of more than ${MAX_JSON_BYTES} bytes, too large for a workflow of ComfyUI.`,
    );
  const bytes = await file.read(0, file.size);
  const graphs = graphsIn(objectOf(decodeText(bytes)));
  if (!graphs) throw badSource(`'${path}' is not a workflow of ComfyUI: it has no valid list of nodes.`);
  const references = distinctReferences(readComfy(graphs));
  if (references.length > 0) return references;
  throw new NotFoundError('no-models', `The workflow '${path}' does not name a model.`);
}
