import fc from 'fast-check';

/** Every code point there is, halves of characters among them: quicker to make than fast-check's own unit for that. */
export const anyCharacter = fc.nat(0x10ffff).map((code) => String.fromCodePoint(code));
