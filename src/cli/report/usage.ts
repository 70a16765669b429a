import { parse } from 'node:path';
import type { FoundApp } from '../../sorter/apps/app.js';
import { stripControlChars } from '../../text.js';
import type { FinishedModel } from '../finished-model.js';
import type { Layout } from '../terminal/layout.js';
import type { Style } from '../terminal/style.js';

type Form = (stem: string, name: string) => string;

/** The part of a prompt that uses a file, by the type of its model. */
const PROMPT_FORMS: ReadonlyMap<string, Form> = new Map<string, Form>([
  ['LORA', (stem) => `<lora:${stem}:1>`],
  ['LoCon', (stem) => `<lora:${stem}:1>`],
  ['DoRA', (stem) => `<lora:${stem}:1>`],
  ['Hypernetwork', (stem) => `<hypernet:${stem}:1>`],
  ['TextualInversion', (stem) => stem],
]);

const COMFYUI_LORA: Form = (_stem, name) => `node Load LoRA: ${name}; prompt:`;

/** In ComfyUI, nodes load LoRAs and hypernetworks. */
const COMFYUI_FORMS: ReadonlyMap<string, Form> = new Map<string, Form>([
  ['LORA', COMFYUI_LORA],
  ['LoCon', COMFYUI_LORA],
  ['DoRA', COMFYUI_LORA],
  ['Hypernetwork', (_stem, name) => `node HypernetworkLoader: ${name}; prompt:`],
  ['TextualInversion', (stem) => `prompt: embedding:${stem}`],
]);

const LOADABLE = new Set(['.safetensors', '.pt', '.pth', '.ckpt', '.bin']);

/** Models that are listed at the end of a run. */
const MAX_LISTED = 10;

/**
 * Returns what uses a model: the name of its file for LoRAs and embeddings, and its trigger words. Undefined for models
 * that are not used like this.
 */
function usageText(
  { model, version, files }: FinishedModel,
  forms: ReadonlyMap<string, Form>,
): string | undefined {
  const form = forms.get(model.type);
  const file = files.find(
    ({ how, target }) => how !== 'left-out' && LOADABLE.has(parse(target).ext.toLowerCase()),
  );
  if (!form || !file) return undefined;
  const words = version.trainedWords.map(stripControlChars).filter(Boolean).join(', ');
  const text = [form(parse(file.target).name, parse(file.target).base), words].filter(Boolean).join(' ');
  return text.replace(/; prompt:$/, '');
}

/** Formats how to use the models of a run, as far as a prompt or a node has to name them. */
export function usageLines(
  models: readonly FinishedModel[],
  {
    style,
    layout,
    app,
  }: { readonly style: Style; readonly layout: Layout; readonly app?: FoundApp['app'] | undefined },
): readonly string[] {
  const isComfyUi = app === 'comfyui';
  const forms = isComfyUi ? COMFYUI_FORMS : PROMPT_FORMS;
  const texts = models.flatMap((model) => usageText(model, forms) ?? []);
  if (texts.length === 0) return [];
  const hidden = texts.length - MAX_LISTED;
  return [
    heading(texts.length, isComfyUi),
    ...texts.slice(0, MAX_LISTED).flatMap((text) => layout.wrap(text, '  ')),
    ...(hidden > 0 ? [style.dim(`  and ${hidden} more`)] : []),
  ];
}

function heading(count: number, isComfyUi: boolean): string {
  const it = count === 1 ? 'it' : 'them';
  if (isComfyUi) return `To use ${it} in ComfyUI:`;
  return `To use ${it}, add ${count === 1 ? 'this' : 'these'} to a prompt:`;
}
