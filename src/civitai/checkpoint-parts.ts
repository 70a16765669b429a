/** Tensors of a VAE or of text encoders. A transformer alone has none of them. */
const PART = /^(first_stage_model|vae|cond_stage_model|conditioner|text_encoders)\..*\.(weight|bias)$/;
const TENSOR = /\.(weight|bias)$/;

/**
 * Whether the names of tensors in a response are those of a complete checkpoint; undefined if it has no such names. The
 * form of the response is not documented, so any text in it can be a name.
 */
export function hasAllParts(json: unknown): boolean | undefined {
  let hasTensors = false;
  for (const text of textsIn(json)) {
    if (PART.test(text)) return true;
    hasTensors ||= TENSOR.test(text);
  }
  return hasTensors ? false : undefined;
}

/** The keys and texts at any depth. */
function* textsIn(json: unknown): Generator<string> {
  const values: unknown[] = [json];
  for (let value = values.pop(); value !== undefined; value = values.pop()) {
    if (typeof value === 'string') yield value;
    if (typeof value !== 'object' || value === null) continue;
    if (!Array.isArray(value)) yield* Object.keys(value);
    for (const one of Object.values(value)) if (one !== undefined) values.push(one);
  }
}
