/** Devices of Windows, which are reserved with any extension. */
const DEVICES = new Set([
  'CON',
  'PRN',
  'AUX',
  'NUL',
  'CONIN$',
  'CONOUT$',
  ...['COM', 'LPT'].flatMap((port) => [...'0123456789¹²³'].map((digit) => port + digit)),
]);

const BIDIRECTIONAL = new Set([
  0x061c, 0x200e, 0x200f, 0x202a, 0x202b, 0x202c, 0x202d, 0x202e, 0x2066, 0x2067, 0x2068, 0x2069,
]);

/** Characters without a width, and line breaks that are not control characters. */
const INVISIBLE = new Set([0x200b, 0xfeff, 0x2028, 0x2029]);

/**
 * Returns what keeps a text from being a file name on Linux, macOS and Windows. Written from their documentation, without
 * regard to the code under test.
 */
export function fileNameProblems(name: string): readonly string[] {
  const device = name.split('.', 1)[0]?.trimEnd().toUpperCase() ?? '';
  const codes = [...name].map((character) => character.codePointAt(0) ?? 0);
  const checks: readonly (readonly [boolean, string])[] = [
    [name === '', 'is empty'],
    [name === '.' || name === '..', 'is a folder'],
    [Buffer.byteLength(name) > 255, 'is longer than 255 bytes'],
    [
      [...'<>:"/\\|?*'].some((character) => name.includes(character)),
      'has a character that Windows does not allow',
    ],
    [codes.some((code) => code < 0x20 || (code >= 0x7f && code <= 0x9f)), 'has a control character'],
    [codes.some((code) => BIDIRECTIONAL.has(code)), 'has a mark that reverses the text'],
    [codes.some((code) => INVISIBLE.has(code)), 'has an invisible character'],
    [name !== name.normalize('NFC'), 'has a decomposed letter'],
    [codes.some((code) => code >= 0xd800 && code <= 0xdfff), 'has half of a character'],
    [name.endsWith('.') || name.endsWith(' '), 'ends with a dot or a blank'],
    [name.startsWith(' '), 'starts with a blank'],
    [DEVICES.has(device), 'is a device'],
  ];
  return checks.filter(([isProblem]) => isProblem).map(([, problem]) => problem);
}
