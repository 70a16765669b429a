import { closestMatch } from '../text.js';

/** Types of models on Civitai. */
export const modelTypes: readonly string[] = [
  ...['Checkpoint', 'TextualInversion', 'Hypernetwork', 'AestheticGradient', 'LORA', 'LoCon', 'DoRA'],
  ...['Controlnet', 'Upscaler', 'MotionModule', 'VAE', 'TextEncoder', 'UNet', 'CLIPVision', 'Poses'],
  ...['Wildcards', 'Workflows', 'ComfyWorkflows', 'Detection', 'VisionLanguage', 'CLIP', 'LLM', 'Other'],
];

/** Formats of files on Civitai. */
export const fileFormats: readonly string[] = [
  ...['SafeTensor', 'PickleTensor', 'GGUF', 'Diffusers', 'Core ML', 'ONNX', 'Other'],
];

/** Precisions of files on Civitai; the site adds new ones. */
export const precisions: readonly string[] = [
  ...['fp32', 'fp16', 'bf16', 'mxfp8', 'fp8_mixed', 'fp8_scaled', 'fp8', 'int8', 'nf4', 'nvfp4', 'int4'],
];

/** Orders of a list of models. */
export const sortOrders: readonly string[] = [
  ...['Highest Rated', 'Most Downloaded', 'Most Liked', 'Most Discussed', 'Most Collected', 'Most Images'],
  ...['Newest', 'Oldest'],
];

/** Periods in which the latest version of a listed model was published. */
export const periods: readonly string[] = ['Day', 'Week', 'Month', 'Year', 'AllTime'];

/** Base models on Civitai; the site adds new ones every month. */
export const baseModels: readonly string[] = [
  ...['SD 1.4', 'SD 1.5', 'SD 1.5 LCM', 'SD 1.5 Hyper', 'SD 2.0', 'SD 2.0 768', 'SD 2.1', 'SD 2.1 768'],
  ...['SD 2.1 Unclip', 'SDXL 0.9', 'SDXL 1.0', 'SDXL 1.0 LCM', 'SDXL Lightning', 'SDXL Hyper'],
  ...['SDXL Turbo', 'SDXL Distilled', 'Pony', 'Illustrious', 'NoobAI', 'SD 3', 'SD 3.5', 'SD 3.5 Large'],
  ...['SD 3.5 Large Turbo', 'SD 3.5 Medium', 'Stable Cascade', 'SVD', 'SVD XT', 'Flux.1 S', 'Flux.1 D'],
  ...['Flux.1 Krea', 'Flux.1 Kontext', 'Flux.2 D', 'Flux.2 Klein 9B', 'Flux.2 Klein 9B-base'],
  ...['Flux.2 Klein 4B', 'Flux.2 Klein 4B-base', 'Flux 3 Video', 'Pony V7', 'AuraFlow', 'Qwen', 'Qwen 2'],
  ...['Qwen 3', 'ZImageTurbo', 'ZImageBase', 'Wan Video', 'Wan Video 1.3B t2v', 'Wan Video 14B t2v'],
  ...['Wan Video 14B i2v 480p', 'Wan Video 14B i2v 720p', 'Wan Video 2.2 TI2V-5B'],
  ...['Wan Video 2.2 I2V-A14B', 'Wan Video 2.2 T2V-A14B', 'Wan Video 2.5 T2V', 'Wan Video 2.5 I2V'],
  ...['Wan Image 2.7', 'Wan Video 2.7', 'Hunyuan 1', 'Hunyuan Video', 'Hunyuan3D', 'LTXV', 'LTXV2'],
  ...['LTXV 2.3', 'LTXV 2.5', 'HiDream', 'HiDream-O1', 'Lumina', 'Chroma', 'Kolors', 'PixArt a'],
  ...['PixArt E', 'Anima', 'Boogu', 'CogVideoX', 'Ernie', 'Ideogram 4.0', 'Krea 2', 'Lens', 'MageFlow'],
  ...['MAI', 'Mochi', 'Reve', 'HappyHorse', 'MiniMax H3', 'ACE Audio', 'Playground v2', 'ODOR', 'Grok'],
  ...['Imagen4', 'Nano Banana', 'OpenAI', 'Seedream', 'Seedance', 'Sora 2', 'Veo 3', 'Kling', 'Vidu Q1'],
  ...['PolyGen', 'Tripo', 'Upscaler', 'Other'],
];

/** In a list of formats or precisions, stands for all that the list does not name. */
export const ANY = 'any';

/** Names that people use for formats, by their keys. */
const FORMAT_ALIASES: ReadonlyMap<string, string> = new Map([
  ['safetensors', 'SafeTensor'],
  ['pickle', 'PickleTensor'],
  ['pickletensors', 'PickleTensor'],
]);

/** Returns what names have in common that mean the same: `sdxl10` for `SDXL 1.0`, `sdxl1.0` and `sdxl-1.0`. */
export function nameKey(name: string): string {
  const key = name.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '');
  // A name without letters and digits still differs from others.
  return key === '' ? name.trim() : key;
}

/** Whether a list has a name, whatever its case, blanks and punctuation. */
export function hasName(names: readonly string[], name: string): boolean {
  const key = nameKey(name);
  return names.some((other) => nameKey(other) === key);
}

/** Returns Civitai's form of a name; undefined if it is none of these. */
export function findName<Name extends string>(names: readonly Name[], text: string): Name | undefined {
  const key = nameKey(text);
  return names.find((name) => nameKey(name) === key);
}

/** The most used base models, which people mean by the name of their family. */
const COMMON_BASE_MODELS: readonly string[] = ['SD 1.5', 'SDXL 1.0', 'Pony', 'Illustrious', 'Flux.1 D'];
const MAX_SUGGESTIONS = 3;

/** Returns the base models that an unknown name may mean: those that begin like it, or the closest ones. */
export function similarBaseModels(name: string): readonly string[] {
  const key = nameKey(name);
  if (key.length < 2) return [];
  const found = [beginningWith(key), closeTo(key), beginningAlmostWith(key)].find(({ length }) => length > 0);
  const common = found?.filter((one) => COMMON_BASE_MODELS.includes(one)) ?? [];
  return (common.length > 0 ? common : (found ?? [])).slice(0, MAX_SUGGESTIONS);
}

function beginningWith(key: string): readonly string[] {
  return baseModels.filter((name) => nameKey(name).startsWith(key));
}

function closeTo(key: string): readonly string[] {
  const closest = closestMatch(key, baseModels.map(nameKey));
  return baseModels.filter((name) => nameKey(name) === closest);
}

/** Also if two letters have changed places, which counts as two changes otherwise. */
function beginningAlmostWith(key: string): readonly string[] {
  const beginnings = baseModels.map((name) => nameKey(name).slice(0, key.length));
  const lettersOf = (text: string) => [...text].sort().join('');
  const beginning =
    beginnings.find((one) => lettersOf(one) === lettersOf(key)) ?? closestMatch(key, beginnings);
  return beginning === undefined ? [] : beginningWith(beginning);
}

/** Returns advice for each base model of a list that is not known and similar to one that is. */
export function baseModelAdvice(names: readonly string[]): readonly string[] {
  return names.flatMap((name) => {
    const similar = hasName(baseModels, name) ? [] : similarBaseModels(name);
    if (similar.length === 0) return [];
    const last = similar.length > 1 ? ` or ${similar.at(-1)}` : '';
    const others = similar.length > 1 ? similar.slice(0, -1) : similar;
    return [`No base model is known as '${name}'. Did you mean ${others.join(', ')}${last}?`];
  });
}

/** Returns the names in a list with commas, each once, in Civitai's form if it is known. */
export function parseNames(text: string, known: readonly string[]): readonly string[] {
  const names = text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
    .map((name) => findName(known, name) ?? name);
  return names.filter(
    (name, index) => names.findIndex((other) => nameKey(other) === nameKey(name)) === index,
  );
}

/** Whether all names of a list with commas are known. An empty list names nothing. */
export function isListOf(text: string, known: readonly string[]): boolean {
  return parseNames(text, known).every((name) => hasName(known, name));
}

/** Parses a list of formats, also by the names that people use. */
export function parseFormats(text: string): readonly string[] {
  const names = parseNames(text, [...fileFormats, ANY]);
  const formats = names.map((name) => FORMAT_ALIASES.get(nameKey(name)) ?? name);
  return [...new Set(formats)];
}

export function isFormatList(text: string): boolean {
  return parseFormats(text).every((name) => hasName([...fileFormats, ANY], name));
}

/** Whether a list has the syntax of one: names between commas, without control characters. */
export function isNameList(text: string): boolean {
  return !/\p{Cc}/u.test(text);
}

/** Which versions of a model an option chooses. */
export type VersionChoice = 'default' | 'latest' | 'all' | number;

/** Parses the value of `--versions`; returns undefined if it is not valid. */
export function parseVersionChoice(text: string): VersionChoice | undefined {
  const word = (['default', 'latest', 'all'] as const).find((one) => one === text.trim().toLowerCase());
  if (word !== undefined) return word;
  const number = /^\d{1,6}$/.test(text.trim()) ? Number(text) : 0;
  return number > 0 ? number : undefined;
}

const DATE =
  /^(?<day>\d{4}-\d\d-\d\d)(?:[T ](?<time>\d\d:\d\d(?::\d\d(?:\.\d+)?)?)(?<zone>Z|[+-]\d\d:?\d\d)?)?$/i;

/** Parses an ISO date, with or without a time; without a time zone it is UTC. Returns undefined if there is no such day. */
export function parseIsoDate(text: string): Date | undefined {
  const { day = '', time = '00:00', zone = 'Z' } = DATE.exec(text.trim())?.groups ?? {};
  if (!isDay(day)) return undefined;
  const offset = zone.toUpperCase().replace(/^([+-]\d\d):?(\d\d)$/, '$1:$2');
  const date = new Date(`${day}T${time}${offset}`);
  return Number.isNaN(date.getTime()) ? undefined : date;
}

/** JavaScript takes February 30 for a day in March. */
function isDay(day: string): boolean {
  const date = new Date(`${day}T00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(day);
}
