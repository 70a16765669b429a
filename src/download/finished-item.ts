import { resolve } from 'node:path';
import type { FinishedModelFile, FinishedVersion } from '../cache/finished-index.js';
import type { RunContext } from './context.js';
import type { EmitItem, FileOutcome, Outcome, SourceText } from './events.js';
import type { ListedItem } from './listed-item.js';

/** A listed version that an earlier run has finished. */
export interface FinishedItem {
  readonly listed: ListedItem;
  readonly finished: FinishedVersion;
}

interface FinishedItemContext {
  readonly subject: SourceText;
  readonly emit: EmitItem;
}

/** Reports the files of a finished version as a run does that has compared them all, and returns their outcomes. */
export async function reportFinished(
  { listed, finished }: FinishedItem,
  { subject, emit }: FinishedItemContext,
  { rootDir, seenFiles }: Pick<RunContext, 'rootDir' | 'seenFiles'>,
): Promise<readonly Outcome[]> {
  const { trainedWords, page, models } = finished;
  const version = { ...listed.version, trainedWords };
  emit({ type: 'resolved', model: listed.model, version, page, skipped: listed.skipped });
  const outcomes: Outcome[] = [];
  for (const model of models) {
    const id = `${listed.version.id} ${model.fileId}`;
    if (await seenFiles.get(id)) {
      outcomes.push({ subject, status: 'repeated' });
      continue;
    }
    seenFiles.set(id, Promise.resolve(true));
    const file = outcomeOf(model, rootDir);
    if (model.file) emit({ type: 'file-finished', file });
    reportImages(model.images, emit);
    outcomes.push({
      subject,
      status: 'done',
      file,
      images: { fetched: 0, present: model.images, failed: 0 },
    });
  }
  return outcomes;
}

function outcomeOf({ file, verified, checkedAt }: FinishedModelFile, rootDir: string): FileOutcome {
  if (!file) return { how: 'left-out', target: '', fetched: 0, verified: undefined };
  return { how: 'present', target: resolve(rootDir, file.path), fetched: 0, verified, checkedAt };
}

function reportImages(count: number, emit: EmitItem): void {
  if (count === 0) return;
  emit({ type: 'images-started', count });
  for (let image = 0; image < count; image++) emit({ type: 'image-finished' });
  emit({ type: 'images-finished' });
}
