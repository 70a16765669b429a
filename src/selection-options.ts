import {
  ANY,
  fileFormats,
  findName,
  isFormatList,
  isListOf,
  isNameList,
  modelTypes,
  parseIsoDate,
  parseVersionChoice,
  periods,
  sortOrders,
} from './civitai-names.js';
import type { OptionSpec } from './option-types.js';

/** Heading of the help. */
const group = 'Which models, versions and files:';

/** The options that select what to download. An empty text selects everything, so that it overrides a stored list. */
export const selectionSpecs = {
  versions: {
    flags: '--versions <default|latest|all|N>',
    group,
    description:
      'versions of a model: default is the first of its page that can be downloaded, latest the newest by date, all every one, a number that many of the newest',
    kind: 'text',
    default: 'default',
    allowed: 'default, latest, all, or a number from 1',
    accepts: (text: string) => parseVersionChoice(text) !== undefined,
  },
  baseModel: {
    flags: '--base-model <list>',
    group,
    description: "only versions for these base models, such as 'SDXL 1.0,Pony'",
    kind: 'text',
    default: '',
    allowed: "a list of base models, such as 'SDXL 1.0,Pony'",
    accepts: isNameList,
  },
  type: {
    flags: '--type <list>',
    group,
    description: 'only models of these types, such as LORA,LoCon',
    kind: 'text',
    default: '',
    allowed: `a list of ${modelTypes.join(', ')}`,
    accepts: (text: string) => isListOf(text, modelTypes),
  },
  format: {
    flags: '--format <list>',
    group,
    description: `formats of files, the preferred one first, such as SafeTensor,GGUF; '${ANY}' at the end accepts all others`,
    kind: 'text',
    default: '',
    allowed: `a list of ${fileFormats.join(', ')}, ${ANY}`,
    accepts: isFormatList,
  },
  precision: {
    flags: '--precision <list>',
    group,
    description: `precisions or quantizations of files, the preferred one first, such as fp16,bf16 or Q8_0; '${ANY}' at the end accepts all others`,
    kind: 'text',
    default: '',
    allowed: 'a list of precisions, such as fp16,bf16',
    accepts: isNameList,
  },
  pickle: {
    flags: '--pickle',
    group,
    description:
      'download pickle files, too (.ckpt, .pt, .pth, .bin), which can run code when they are loaded',
    kind: 'switch',
    default: true,
  },
  since: {
    flags: '--since <date>',
    group,
    description: 'only versions published on this day or later, such as 2026-01-31, or at an ISO time',
    kind: 'text',
    default: '',
    allowed: 'a date such as 2026-01-31, or an ISO time such as 2026-01-31T12:00Z',
    accepts: (text: string) => text === '' || parseIsoDate(text) !== undefined,
  },
  limit: {
    flags: '--limit <n>',
    group,
    description: 'maximum number of models of each list, such as the models of a creator; 0 means no limit',
    kind: 'integer',
    default: 0,
    min: 0,
    max: 1_000_000,
  },
  sort: {
    flags: '--sort <order>',
    group,
    description: `order of a list: ${sortOrders.join(', ')}`,
    kind: 'text',
    default: '',
    allowed: `one of ${sortOrders.join(', ')}`,
    accepts: (text: string) => text === '' || findName(sortOrders, text) !== undefined,
  },
  period: {
    flags: '--period <period>',
    group,
    description: `only models of a list with a version from the last ${periods.slice(0, -1).join(', ')}, or from AllTime`,
    kind: 'text',
    default: '',
    allowed: `one of ${periods.join(', ')}`,
    accepts: (text: string) => text === '' || findName(periods, text) !== undefined,
  },
} as const satisfies Record<string, OptionSpec>;
