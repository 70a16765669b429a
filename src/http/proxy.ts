import { BlockList, isIP } from 'node:net';
import { type ProxyOrigin, UsageError } from '../errors.js';
import { hostOf, isLoopback } from './url-policy.js';

type Environment = Readonly<Record<string, string | undefined>>;

export interface HttpProxy {
  /** The variable that names it, or the kind of option. */
  readonly from: ProxyOrigin;
  readonly isSecure: boolean;
  readonly host: string;
  readonly port: number;
  /** Value of `Proxy-Authorization`, a secret. */
  readonly authorization: string | undefined;
}

/** The first that is set counts. All URLs but those of loopback are https, so `HTTP_PROXY` is the last resort. */
const VARIABLES = ['https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY', 'http_proxy', 'HTTP_PROXY'];
const DEFAULT_PORTS: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 };
const EXAMPLE = 'http://proxy.example:3128';

/**
 * Returns the function that tells through which proxy a URL is reached, if any. Loopback never is: a proxy has a
 * loopback of its own.
 * @param optionFrom where the proxy comes from if an option has replaced that of the environment
 * @throws UsageError naming the variable that cannot be used, but never its value, which may contain a password
 */
export function readProxies(env: Environment, optionFrom?: ProxyOrigin): (url: URL) => HttpProxy | undefined {
  const variable = VARIABLES.find((name) => env[name]);
  if (variable === undefined) return () => undefined;
  const proxy = { ...parseProxy(variable, env[variable] ?? ''), from: optionFrom ?? variable };
  const exceptions = parseExceptions(env.no_proxy || env.NO_PROXY || '');
  return (url) => (isLoopback(url) || exceptions.some((matches) => matches(url)) ? undefined : proxy);
}

/** Returns the name of a proxy for messages. */
export function proxyName({ host, port }: HttpProxy): string {
  return `the proxy ${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
}

function parseProxy(variable: string, text: string): Omit<HttpProxy, 'from'> {
  const fail = (problem: string): never => {
    throw new UsageError('usage', `${variable} ${problem}`);
  };
  if (/[\s\p{Cc}]/u.test(text)) fail('contains blanks or control characters, which a URL cannot have.');
  const scheme = /^(?<scheme>[a-z][a-z0-9+.-]*):\/\//i.exec(text)?.groups?.scheme?.toLowerCase();
  if (scheme !== undefined && scheme !== 'http' && scheme !== 'https')
    fail(
      `names a proxy of the kind '${scheme}'. Only http and https proxies can be used, such as ${EXAMPLE}.`,
    );
  // As in curl, a host and a port alone are those of an http proxy.
  const url = scheme === undefined ? `http://${text}` : text;
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  // An @ further back means that a character of the password ended the host too early.
  if (!parsed?.hostname || parsed.port === '0' || /@/.test(parsed.pathname + parsed.search + parsed.hash))
    return fail(`is not the URL of a proxy, such as ${EXAMPLE}.`);
  const credentials = decode(`${parsed.username}:${parsed.password}`);
  if (credentials === undefined)
    return fail(
      'has a % in its user name or password that is not followed by two hex digits. Write % as %25.',
    );
  return {
    isSecure: parsed.protocol === 'https:',
    host: hostOf(parsed),
    port: Number(parsed.port) || (DEFAULT_PORTS[parsed.protocol] ?? 0),
    authorization: credentials === ':' ? undefined : `Basic ${Buffer.from(credentials).toString('base64')}`,
  };
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

type Exception = (url: URL) => boolean;

/** Parses `NO_PROXY`: `*`, hosts with their subdomains, addresses and networks, each perhaps with a port. */
function parseExceptions(text: string): readonly Exception[] {
  return text
    .toLowerCase()
    .split(/[\s,]+/)
    .filter(Boolean)
    .map(parseException);
}

function parseException(entry: string): Exception {
  if (entry === '*') return () => true;
  const { host: typed = '', port } = /^(?<host>\[[^\]]*\]|[^:]*)(:(?<port>\d+))?$/.exec(entry)?.groups ?? {
    host: entry,
  };
  const host = typed.replace(/^\[|\]$/g, '');
  const isHost = parseNetwork(host) ?? ((name: string) => isWithinDomain(name, host));
  return (url) => (port === undefined || Number(port) === portOf(url)) && isHost(hostOf(url));
}

/** Returns undefined if the text is neither an address nor a network such as `10.0.0.0/8`. */
function parseNetwork(text: string): ((host: string) => boolean) | undefined {
  const [address = '', prefix] = text.split('/');
  const family = isIP(address);
  if (family === 0) return undefined;
  const length = family === 4 ? 32 : 128;
  const bits = prefix === undefined ? length : /^\d{1,3}$/.test(prefix) ? Number(prefix) : Number.NaN;
  if (!(bits <= length)) return () => false;
  const list = new BlockList();
  list.addSubnet(address, bits, family === 4 ? 'ipv4' : 'ipv6');
  return (host) => isIP(host) !== 0 && list.check(host, isIP(host) === 4 ? 'ipv4' : 'ipv6');
}

function isWithinDomain(host: string, typed: string): boolean {
  const domain = typed.replace(/^\*?\./, '').replace(/\.$/, '');
  return domain !== '' && (host === domain || host.endsWith(`.${domain}`));
}

function portOf(url: URL): number {
  return Number(url.port) || (DEFAULT_PORTS[url.protocol] ?? 0);
}
