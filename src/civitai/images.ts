import type { ExampleImage, Model } from './model.js';

/** PG and PG-13. */
const SAFE = 1 | 2;

/** Whether an image may be shown to everybody. One that is not rated is not known to be safe. */
export function isSafe(level: number): boolean {
  return level !== 0 && (level & ~SAFE) === 0;
}

/**
 * The images of a version that a mode allows, in their order. Levels are bits, a model's is a union: its highest bit counts.
 * @param mode 0: only safe images; 1: safe ones, and others up to the model's own level; 2: all
 */
export function allowedImages(
  model: Model,
  images: readonly ExampleImage[],
  mode: number,
): readonly ExampleImage[] {
  if (mode === 2) return images;
  return images.filter(
    ({ nsfwLevel }) => isSafe(nsfwLevel) || (mode === 1 && isWithin(nsfwLevel, model.nsfwLevel)),
  );
}

function isWithin(level: number, modelLevel: number): boolean {
  return level !== 0 && highestBit(level) <= highestBit(modelLevel);
}

function highestBit(level: number): number {
  return level === 0 ? -1 : 31 - Math.clz32(level);
}
