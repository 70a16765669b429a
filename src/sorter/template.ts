import { join } from 'node:path';
import type { Model, ModelFile, ModelVersion } from '../civitai/model.js';
import { safeName, splitName } from '../disk/safe-name.js';
import { UsageError } from '../errors.js';
import { closestMatch } from '../text.js';
import { modelFolder, withExtraData } from './basic.js';
import type { DescribedSorter } from './sorter.js';

type Piece = (model: Model, version: ModelVersion, file: ModelFile) => string;
type Field = (...args: Parameters<Piece>) => string | undefined;

/** What may stand in braces. A model is called as `basic` calls it. */
const FIELDS: ReadonlyMap<string, Field> = new Map<string, Field>([
  ['modelName', ({ name, id }) => modelFolder(name, id)],
  ['modelId', ({ id }) => String(id)],
  ['versionName', (_model, { name }) => name],
  ['versionId', (_model, { id }) => String(id)],
  ['type', ({ type }) => type],
  ['baseModel', (_model, { baseModel }) => baseModel],
  ['creator', ({ creator }) => creator],
  ['firstTag', ({ tags }) => tags[0]],
  ['fileName', (_model, _version, { name }) => splitName(name).stem],
  ['fileType', (_model, _version, { type }) => type],
  ['fileFormat', (_model, _version, { format }) => format],
]);

/** For a model without a creator or tags, and for whatever leaves nothing of a name. */
const NOTHING = 'unknown';

/** A text with braces is a template, whatever else it looks like. */
export function isTemplate(text: string): boolean {
  return /[{}]/.test(text);
}

/**
 * A sorter out of a path with fields in braces, below the root directory. A field's value is always one name: a slash
 * in it makes no folder.
 * @throws UsageError naming the fields that there are when one is unknown
 */
export function templateSorter(template: string): DescribedSorter {
  const segments = template.split('/');
  if (/^~?$/.test(segments[0] ?? '') || segments.includes('..')) {
    throw wrong(template, 'it names folders below the root directory, without ~, .. or a slash in front');
  }
  const fill = segments
    .filter((segment) => !['', '.'].includes(segment))
    .map((segment) => parse(segment, template));
  return {
    description: `the template ${template}`,
    sort: (model, version, file, rootDir) =>
      withExtraData(join(rootDir, ...fill.map((segment) => segment(model, version, file))), version),
  };
}

/** One folder's name as a function of a model. */
function parse(segment: string, template: string): Piece {
  // What the group matches is at the odd places.
  const pieces = segment
    .split(/\{([^{}]*)\}/)
    .map((part, index) => (index % 2 === 0 ? literal(part, template) : field(part, template)));
  return (...args) => safeName(pieces.map((piece) => piece(...args)).join(''), NOTHING);
}

function literal(text: string, template: string): Piece {
  if (isTemplate(text)) throw wrong(template, `a brace is missing, or there is one too many, at '${text}'`);
  return () => text;
}

function field(name: string, template: string): Piece {
  const value = FIELDS.get(name);
  if (value) return (...args) => safeName(value(...args) ?? '', NOTHING);
  const meant = closestMatch(name.replaceAll('_', ''), FIELDS.keys());
  const known = [...FIELDS.keys()].map((one) => `{${one}}`).join(', ');
  const question = meant ? `, did you mean {${meant}}?` : '.';
  throw wrong(template, `there is no field {${name}}${question} The fields are ${known}`);
}

function wrong(template: string, problem: string): UsageError {
  return new UsageError('usage', `The template '${template}': ${problem}.`);
}
