import { UsageError } from './errors.js';

interface Described {
  /** As commander reads them: `-i, --max-images <n>`. */
  readonly flags: string;
  readonly description: string;
}

export interface SwitchSpec extends Described {
  readonly kind: 'switch';
  readonly default: boolean;
}

export interface NumberSpec extends Described {
  readonly kind: 'integer' | 'number';
  readonly default: number;
  readonly min: number;
  readonly max: number;
}

/** Bytes per second, of which 0 is no limit. */
export interface RateSpec extends Described {
  readonly kind: 'rate';
  readonly default: number;
}

export interface TextSpec extends Described {
  readonly kind: 'text';
  readonly default: string;
  /** What is allowed, in words, to stand after `is not` and `must be`. */
  readonly allowed: string;
  readonly accepts: (text: string) => boolean;
}

/** An option that takes a value. */
export type ValueSpec = NumberSpec | RateSpec | TextSpec;
export type OptionSpec = SwitchSpec | ValueSpec;
export type OptionValue = boolean | number | string;

/** The type of an option's value, by its kind. */
export type ValueOf<Spec extends OptionSpec> = Spec extends SwitchSpec
  ? boolean
  : Spec extends TextSpec
    ? string
    : number;

/**
 * The value that was typed for an option.
 * @throws UsageError naming option, value and what is allowed
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

/** Whether a value, typed or stored, is one that the option can have. */
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

/** What is allowed, in words. */
export function describeAllowed(spec: OptionSpec): string {
  switch (spec.kind) {
    case 'switch':
      return 'true or false';
    case 'text':
      return spec.allowed;
    case 'rate':
      return RATES;
    default:
      return `a ${spec.kind === 'integer' ? 'whole number' : 'number'} from ${spec.min} to ${spec.max}`;
  }
}

/** A value in words, which are those to type where the option takes a value. */
export function formatValue(spec: OptionSpec, value: OptionValue): string {
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  return spec.kind === 'rate' && typeof value === 'number' ? formatRate(value) : String(value);
}

const UNITS = [
  ['G', 1_000_000_000],
  ['M', 1_000_000],
  ['K', 1_000],
] as const;

const FASTEST = 1_000_000_000_000;

/** What a rate can be, in words. */
const RATES =
  'a rate in bytes per second, such as 500K, 1.5M or 2G (K, M and G are powers of 1000), or 0 for no limit';

/**
 * Bytes per second out of a text like `1.5M`: a number, perhaps with a fraction, and perhaps K, M or G in either case.
 * Whole bytes; undefined where it is no rate. What would be less than a byte is none: it must not become 0, no limit.
 */
function parseRate(text: string): number | undefined {
  const { number = '', letter = '' } =
    /^(?<number>\d+(\.\d+)?)(?<letter>[KMG]?)$/i.exec(text.trim())?.groups ?? {};
  if (number === '') return undefined;
  const unit = UNITS.find(([name]) => name === letter.toUpperCase())?.[1] ?? 1;
  const rate = Math.round(Number(number) * unit);
  const isLost = rate === 0 && Number(number) > 0;
  return isRate(rate) && !isLost ? rate : undefined;
}

function isRate(value: unknown): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= FASTEST;
}

/** The shortest text that {@link parseRate} reads as this rate: `1.5M`. */
function formatRate(rate: number): string {
  const fitting = UNITS.find(([, unit]) => rate >= unit && rate % (unit / 1000) === 0);
  return fitting ? `${rate / fitting[1]}${fitting[0]}` : String(rate);
}
