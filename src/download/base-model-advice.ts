import { SelectionError, UsageError } from '../errors.js';
import { baseModelAdvice, baseModels, parseNames } from '../options/civitai-names.js';
import { stripControlChars } from '../text.js';
import type { DownloadEvent, Emit } from './events.js';

/**
 * Returns a function that passes events on, and warns once, when nothing of a model fits a base model whose name is not
 * known: it may be mistyped. Civitai adds base models, so that such a name is no error.
 * @param names the base models that are wanted, as a list with commas
 */
export function withBaseModelAdvice(emit: Emit, names: string): Emit {
  let advice = baseModelAdvice(parseNames(names, baseModels));
  if (advice.length === 0) return emit;
  return (event) => {
    emit(event);
    if (!reasonsOf(event).some((error) => error instanceof SelectionError && isAboutBaseModel(error))) return;
    for (const text of advice)
      emit({ type: 'warned-of-run', error: new UsageError('usage', stripControlChars(text)) });
    advice = [];
  };
}

function reasonsOf(event: DownloadEvent): readonly unknown[] {
  if (event.type === 'listing') return event.passedOver.map(({ error }) => error);
  return event.type === 'finished' && event.outcome.status === 'passed-over' ? [event.outcome.reason] : [];
}

function isAboutBaseModel({ flags }: SelectionError): boolean {
  return flags.includes('--base-model');
}
