import { readResources } from './civitai-ids.js';
import { type ComfyGraphs, graphsIn, readComfy, readExtra } from './comfyui.js';
import { objectOf } from './json.js';
import { readParameters } from './parameters.js';
import { distinctReferences, type Reference } from './reference.js';
import type { PictureText } from './texts.js';
import { readInvokeAi, readToolJson } from './tools.js';

/** Returns the models that the texts of a picture name, the surest first. */
export function referencesOfTexts(texts: readonly PictureText[]): readonly Reference[] {
  return distinctReferences(readTexts(texts));
}

function* readTexts(texts: readonly PictureText[]): Generator<Reference | undefined> {
  const graphs: ComfyGraphs[] = [];
  for (const { keyword, text } of texts) {
    if (keyword === 'prompt' || keyword === 'workflow') graphs.push(graphsIn(objectOf(text)) ?? {});
    else if (keyword === 'invokeai_metadata') yield* readInvokeAi(objectOf(text));
    else yield* readText(text);
  }
  yield* readComfy({
    prompt: graphs.find(({ prompt }) => prompt)?.prompt,
    workflow: graphs.find(({ workflow }) => workflow)?.workflow,
  });
}

/** Yields the models of a text that can be JSON of a tool, or A1111's. */
function* readText(text: string): Generator<Reference | undefined> {
  const json = objectOf(text);
  if (Object.keys(json).length === 0) return yield* readParameters(text);
  yield* readToolJson(json);
  const graphs = graphsIn(json);
  if (graphs) yield* readComfy(graphs);
  else yield* readExtra(json);
  yield* readResources(json.resources);
}
