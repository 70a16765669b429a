import { AccessError, type CivitdlError, NotFoundError } from '../errors.js';
import type { Model, ModelVersion } from './model.js';

/** Why a version can't be downloaded by anybody, or (code `early-access`) by accounts that have not paid; undefined when it can. */
export function unavailableReason(
  model: Model,
  version: ModelVersion,
  now: number,
): CivitdlError | undefined {
  const subject = `Version ${version.id} (${version.name}) of model ${model.id}`;
  if (model.mode === 'Archived') {
    return new NotFoundError('archived', `Model ${model.id} is archived and can't be downloaded any more.`);
  }
  if (version.usageControl !== undefined && version.usageControl !== 'Download') {
    return new AccessError('downloads-disabled', `${subject}: its creator has disabled downloads.`);
  }
  if (version.paidAccess) return paidAccessError(subject, version.paidAccess.endsAt, now);
  return version.files.length > 0 ? undefined : new NotFoundError('no-such-file', `${subject} has no files.`);
}

function paidAccessError(subject: string, endsAt: Date | undefined, now: number): AccessError | undefined {
  if (endsAt && endsAt.getTime() <= now) return undefined;
  const until = endsAt ? `until ${endsAt.toISOString().slice(0, 10)}` : 'and has to be bought';
  return new AccessError('early-access', `${subject} is in early access ${until}.`);
}
