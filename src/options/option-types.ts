import { UsageError } from '../errors.js';

interface BaseSpec {
  /** As in `-i, --max-images <n>`. */
  readonly flags: string;
  readonly description: string;
  /** Heading of its part of the help. */
  readonly group: string;
}

export interface SwitchSpec extends BaseSpec {
  readonly kind: 'switch';
  readonly default: boolean;
}

export interface NumberSpec extends BaseSpec {
  readonly kind: 'integer' | 'number';
  readonly default: number;
  readonly min: number;
  readonly max: number;
}

/** Bytes per second; 0 means no limit. */
export interface RateSpec extends BaseSpec {
  readonly kind: 'rate';
  readonly default: number;
}

export interface TextSpec extends BaseSpec {
  readonly kind: 'text';
  readonly default: string;
  /** Follows `is not` or `must be` in a message. */
  readonly allowed: string;
  readonly accepts: (text: string) => boolean;
  /** Values that completion suggests. Others can be valid as well, and lists of them, joined with commas. */
  readonly choices?: readonly string[];
}

/** Another form of an option, with a word in the place of a number. */
export interface WordSpec<Name extends string> extends BaseSpec {
  readonly option: Name;
  /** By the word that is typed after the flag; a flag without a word has one value. */
  readonly values: Readonly<Record<string, OptionValue>> | OptionValue;
}

export type ValueSpec = NumberSpec | RateSpec | TextSpec;
export type OptionSpec = SwitchSpec | ValueSpec;
export type OptionValue = boolean | number | string;

export type ValueOf<Spec extends OptionSpec> = Spec extends SwitchSpec
  ? boolean
  : Spec extends TextSpec
    ? string
    : number;

/**
 * Parses the typed value of an option.
 * @throws UsageError naming the option, the value and the allowed values
 */
export function parseValue(spec: ValueSpec, text: string): number | string {
  const value = readValue(spec, text.trim());
  if (value !== undefined && isValue(spec, value)) return value;
  throw new UsageError('usage', `${spec.flags}: '${text}' is not ${describeAllowed(spec)}.`);
}

function readValue(spec: ValueSpec, text: string): number | string | undefined {
  if (spec.kind === 'text') return text;
  if (spec.kind === 'rate') return parseRate(text);
  return /^\d+(\.\d+)?$/.test(text) ? Number(text) : undefined;
}

export function isValue(spec: OptionSpec, value: unknown): boolean {
  switch (spec.kind) {
    case 'switch':
      return typeof value === 'boolean';
    case 'text':
      return typeof value === 'string' && spec.accepts(value);
    case 'rate':
      return isRate(value);
    default:
      return (
        typeof value === 'number' &&
        value >= spec.min &&
        value <= spec.max &&
        (spec.kind === 'number' || Number.isInteger(value))
      );
  }
}

/** Describes the allowed values, to follow `is not` or `must be` in a message. */
export function describeAllowed(spec: OptionSpec): string {
  switch (spec.kind) {
    case 'switch':
      return 'true or false';
    case 'text':
      return spec.allowed;
    case 'rate':
      return ALLOWED_RATES;
    default:
      return `a ${spec.kind === 'integer' ? 'whole number' : 'number'} from ${spec.min} to ${spec.max}`;
  }
}

/** Whether a text can be sent as a header: printable ASCII, without spaces at its ends. */
export function isHeaderText(text: string): boolean {
  return /^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/.test(text);
}

/** Whether a text is the URL of a proxy; as in curl, the scheme may be missing. A password would be public in arguments. */
export function isProxyUrl(text: string): boolean {
  const scheme = /^(?<scheme>[a-z][a-z0-9+.-]*):\/\//i.exec(text)?.groups?.scheme?.toLowerCase() ?? 'http';
  if (!['http', 'https'].includes(scheme) || /[\s\p{Cc}]/u.test(text)) return false;
  const url = text.includes('://') ? text : `http://${text}`;
  if (!URL.canParse(url)) return false;
  const { hostname, username, password, port, pathname, search, hash } = new URL(url);
  const hasPath = pathname !== '/' || search !== '' || hash !== '';
  return hostname !== '' && username === '' && password === '' && port !== '0' && !hasPath;
}

/** Formats a value, so that {@link parseValue} reads the same value again; a switch is `on` or `off`. */
export function formatValue(spec: OptionSpec, value: OptionValue): string {
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  return spec.kind === 'rate' && typeof value === 'number' ? formatRate(value) : String(value);
}

/** Formats a value for a person. */
export function describeValue(spec: OptionSpec, value: OptionValue): string {
  return formatValue(spec, value) || NOT_SET;
}

/** Shown for an option without a value. */
export const NOT_SET = 'not set';

const RATE_UNITS = [
  ['G', 1_000_000_000],
  ['M', 1_000_000],
  ['K', 1_000],
] as const;

const BINARY_UNITS: ReadonlyMap<string, number> = new Map([
  ['G', 1024 ** 3],
  ['M', 1024 ** 2],
  ['K', 1024],
]);

/** `Mb` stands for bits. */
const RATE = /^(?<number>\d+(\.\d+)?)(?<letter>[KMGkmg]?)(?:(?<binary>(?<=[KMGkmg])iB)|B)?(\/s)?$/;

const MAX_RATE = 1_000_000_000_000;

const ALLOWED_RATES =
  'a rate in bytes per second, such as 500K, 1.5M or 2GB/s (K, M and G are powers of 1000; KiB, MiB and GiB of 1024; ' +
  'b would mean bits), or 0 for no limit';

/** Returns undefined if the text is not a rate. A rate that would be rounded to 0 is not one: 0 means no limit. */
function parseRate(text: string): number | undefined {
  const { number = '', letter = '', binary } = RATE.exec(text.trim())?.groups ?? {};
  if (number === '') return undefined;
  const name = letter.toUpperCase();
  const decimal = RATE_UNITS.find(([other]) => other === name)?.[1] ?? 1;
  const unit = binary ? (BINARY_UNITS.get(name) ?? 1) : decimal;
  const rate = Math.round(Number(number) * unit);
  const isRoundedToZero = rate === 0 && Number(number) > 0;
  return isRate(rate) && !isRoundedToZero ? rate : undefined;
}

function isRate(value: unknown): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= MAX_RATE;
}

/** Returns the shortest text that is parsed as the same rate: `1.5M`. */
function formatRate(rate: number): string {
  const fitting = RATE_UNITS.find(([, unit]) => rate >= unit && rate % (unit / 1000) === 0);
  return fitting ? `${rate / fitting[1]}${fitting[0]}` : String(rate);
}
