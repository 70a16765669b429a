import type { Reference } from '../../src/pictures/reference.js';

/** References in short: `lora ink: AutoV2 0A1B2C3D4E`, `checkpoint = 123@345685`, `vae sharp ?`. */
export function inShort(references: readonly Reference[]): readonly string[] {
  return references.map(shortOf);
}

function shortOf(reference: Reference): string {
  const model = [reference.role, reference.name].filter((part) => part !== undefined).join(' ');
  switch (reference.kind) {
    case 'version':
      return `${model} = ${[reference.modelId, reference.versionId].filter(Boolean).join('@')}`;
    case 'hash':
      return `${model}: ${reference.hashType} ${reference.hash}`;
    case 'name':
      return `${model} ?`;
  }
}
