import { join, sep } from 'node:path';
import type { Model, ModelFile, ModelVersion } from '../civitai/model.js';
import { safeName, splitName } from '../disk/safe-name.js';
import { UsageError } from '../errors.js';
import { closestMatch } from '../text.js';
import { directoriesIn, modelFolder } from './model-folder.js';
import type { DescribedSorter } from './sorter.js';

type Formatter = (model: Model, version: ModelVersion, file: ModelFile) => string;
type Field = (...args: Parameters<Formatter>) => string | undefined;

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

const MISSING_VALUE = 'unknown';

/** Whether a text is a template, valid or not. */
export function isTemplate(text: string): boolean {
  return /[{}]/.test(text);
}

/**
 * Creates a sorter from a path below the root directory with fields in braces. The value of a field is always one
 * name: a slash in it does not make a folder.
 * @param separator a backslash on Windows, where it separates folders like a slash
 * @throws UsageError listing the fields if one is unknown
 */
export function parseTemplate(template: string, separator = sep): DescribedSorter {
  const segments = template.split(separator === '/' ? '/' : /[/\\]/);
  const [first = ''] = segments;
  const isDrive = separator !== '/' && /^[a-z]:/i.test(first);
  if (/^~?$/.test(first) || isDrive || segments.includes('..')) {
    throw invalid(
      template,
      'it must name folders below the root directory, without ~, .. or a leading slash.',
    );
  }
  const formatters = segments
    .filter((segment) => !['', '.'].includes(segment))
    .map((segment) => parseSegment(segment, template));
  return {
    description: `the template ${template}`,
    sort: (model, version, file, rootDir) => {
      const names = formatters.map((format) => format(model, version, file));
      return directoriesIn(join(rootDir, ...names), version);
    },
  };
}

function parseSegment(segment: string, template: string): Formatter {
  // Fields have odd indexes.
  const formatters = segment
    .split(/\{([^{}]*)\}/)
    .map((part, index) => (index % 2 === 0 ? parseLiteral(part, template) : parseField(part, template)));
  return (...args) => safeName(formatters.map((format) => format(...args)).join(''), MISSING_VALUE);
}

function parseLiteral(text: string, template: string): Formatter {
  if (isTemplate(text)) throw invalid(template, `its braces are not balanced at '${text}'.`);
  return () => text;
}

function parseField(name: string, template: string): Formatter {
  const field = FIELDS.get(name);
  if (field) return (...args) => safeName(field(...args) ?? '', MISSING_VALUE);
  const match = closestMatch(name.replaceAll('_', ''), FIELDS.keys());
  const suggestion = match ? ` Did you mean {${match}}?` : '';
  const names = [...FIELDS.keys()].map((one) => `{${one}}`).join(', ');
  throw invalid(template, `unknown field {${name}}.${suggestion} The fields are ${names}.`);
}

function invalid(template: string, problem: string): UsageError {
  return new UsageError('usage', `The template '${template}' is not valid: ${problem}`);
}
