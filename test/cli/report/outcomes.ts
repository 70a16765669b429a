import type { FileOutcome, Outcome } from '../../../src/download/events.js';
import { SelectionError } from '../../../src/errors.js';

type Done = Extract<Outcome, { status: 'done' }>;

/** A plain outcome with the properties that a test needs. */
export function done(file: Partial<FileOutcome> = {}, images: Partial<Done['images']> = {}): Done {
  return {
    subject: { text: '66' },
    status: 'done',
    file: { how: 'downloaded', target: '/models/a.ckpt', fetched: 1_000_000, verified: 'SHA256', ...file },
    images: { fetched: 0, present: 0, failed: 0, ...images },
  };
}

export function failed(error: unknown, text = '66'): Extract<Outcome, { status: 'failed' }> {
  return { subject: { text }, status: 'failed', error };
}

export function notStarted(error: unknown, text = '66'): Extract<Outcome, { status: 'not-started' }> {
  return { subject: { text }, status: 'not-started', error };
}

export function passedOver(text = '66'): Extract<Outcome, { status: 'passed-over' }> {
  const reason = new SelectionError('Ink (model 66)', 'is of type LORA, not VAE.');
  return { subject: { text }, status: 'passed-over', reason };
}

export const repeated: Outcome = { subject: { text: '66' }, status: 'repeated' };
