import {
  ANY,
  baseModels,
  modelTypes,
  parseFormats,
  parseIsoDate,
  parseNames,
  parseVersionChoice,
  precisions,
  type VersionChoice,
} from '../options/civitai-names.js';

/** Which versions and files of a model are wanted. Lists of texts ignore case; an empty one excludes nothing. */
export interface Selection {
  /** `default` is the first version that can be downloaded; a number, the newest ones by date. */
  readonly versions: VersionChoice;
  readonly baseModels: readonly string[];
  readonly types: readonly string[];
  /** In the order of preference; a version with none of them has nothing that fits. */
  readonly formats: readonly string[];
  /** In the order of preference; a version with none of them has nothing that fits. */
  readonly precisions: readonly string[];
  readonly noPickle: boolean;
  /** Versions that were published earlier do not fit. */
  readonly since: Date | undefined;
}

/** A selection as options have it. */
export interface SelectionOptions {
  readonly versions: string;
  readonly baseModel: string;
  readonly type: string;
  readonly format: string;
  readonly precision: string;
  readonly pickle: boolean;
  readonly since: string;
}

/** The selection of a run without options. */
export const DEFAULT_SELECTION: Selection = {
  versions: 'default',
  baseModels: [],
  types: [],
  formats: [],
  precisions: [],
  noPickle: false,
  since: undefined,
};

/** Returns the selection of valid options, with names in Civitai's form if they are known. */
export function createSelection(options: SelectionOptions): Selection {
  return {
    versions: parseVersionChoice(options.versions) ?? 'default',
    baseModels: parseNames(options.baseModel, baseModels),
    types: parseNames(options.type, modelTypes),
    formats: parseFormats(options.format),
    precisions: parseNames(options.precision, [...precisions, ANY]),
    noPickle: !options.pickle,
    since: parseIsoDate(options.since),
  };
}

/** Whether a selection chooses between the files of a version. */
export function choosesFiles({ formats, precisions: wanted, noPickle }: Selection): boolean {
  return formats.length > 0 || wanted.length > 0 || noPickle;
}
