import { AccessError, type CivitdlError, NotFoundError } from '../errors.js';
import type { Model, ModelVersion } from './model.js';

/** Returns why a version cannot be downloaded; code `early-access` only applies to accounts that have not paid. */
export function unavailableReason(
  model: Model,
  version: ModelVersion,
  now: number,
): CivitdlError | undefined {
  const subject = `Version ${version.id} (${version.name}) of model ${model.id}`;
  if (model.mode === 'Archived')
    return new NotFoundError('archived', `Model ${model.id} is archived and can no longer be downloaded.`);
  if (version.usageControl !== undefined && version.usageControl !== 'Download')
    return new AccessError('downloads-disabled', `${subject}: its creator has disabled downloads.`);
  if (version.paidAccess) return paidAccessError(subject, version.paidAccess.endsAt, now);
  const isListed = version.files.length > 0 || version.brokenFiles !== undefined;
  return isListed ? undefined : new NotFoundError('no-such-file', `${subject} has no files.`);
}

function paidAccessError(subject: string, endsAt: Date | undefined, now: number): AccessError | undefined {
  if (endsAt && endsAt.getTime() <= now) return undefined;
  const condition = endsAt ? `until ${endsAt.toISOString().slice(0, 10)}` : 'and has to be bought';
  return new AccessError('early-access', `${subject} is in early access ${condition}.`);
}
