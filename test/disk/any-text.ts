import fc from 'fast-check';

/** Any code point, including surrogates; faster than fast-check's own unit. */
export const anyCharacter = fc.nat(0x10ffff).map((code) => String.fromCodePoint(code));
