import { parse } from 'node:path';
import { stripControlChars } from '../../text.js';
import type { FinishedModel } from '../finished-model.js';
import type { Layout } from '../terminal/layout.js';
import type { Style } from '../terminal/style.js';

/** The part of a prompt that uses a file, by the type of its model. */
const PROMPT_FORMS: ReadonlyMap<string, (stem: string) => string> = new Map([
  ['LORA', (stem) => `<lora:${stem}:1>`],
  ['LoCon', (stem) => `<lora:${stem}:1>`],
  ['DoRA', (stem) => `<lora:${stem}:1>`],
  ['Hypernetwork', (stem) => `<hypernet:${stem}:1>`],
  ['TextualInversion', (stem) => stem],
]);

const LOADABLE = new Set(['.safetensors', '.pt', '.pth', '.ckpt', '.bin']);

/** Models that are listed at the end of a run. */
const MAX_LISTED = 10;

/**
 * Returns the text that makes a prompt use a model: the name of its file for LoRAs and embeddings, and its trigger
 * words. Undefined if the prompt does not name such a model.
 */
function promptText({ model, version, files }: FinishedModel): string | undefined {
  const form = PROMPT_FORMS.get(model.type);
  const file = files.find(
    ({ how, target }) => how !== 'left-out' && LOADABLE.has(parse(target).ext.toLowerCase()),
  );
  if (!form || !file) return undefined;
  return [
    form(parse(file.target).name),
    version.trainedWords.map(stripControlChars).filter(Boolean).join(', '),
  ]
    .filter(Boolean)
    .join(' ');
}

/** Formats how to use the models of a run, as far as a prompt has to name them. */
export function usageLines(
  models: readonly FinishedModel[],
  { style, layout }: { readonly style: Style; readonly layout: Layout },
): readonly string[] {
  const texts = models.flatMap((model) => promptText(model) ?? []);
  if (texts.length === 0) return [];
  const hidden = texts.length - MAX_LISTED;
  return [
    texts.length === 1 ? 'To use it, add this to a prompt:' : 'To use them, add these to a prompt:',
    ...texts.slice(0, MAX_LISTED).flatMap((text) => layout.wrap(text, '  ')),
    ...(hidden > 0 ? [style.dim(`  and ${hidden} more`)] : []),
  ];
}
