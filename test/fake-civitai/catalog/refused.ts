import { model, plainVersion } from './build.js';
import type { CatalogModel } from './entry.js';
import { ids } from './ids.js';

/** The end of an early access, far in the future. */
export const deadline = '2099-01-01T00:00:00.000Z';

const untilDeadline = { permanent: false, endsAt: deadline };
const forever = { permanent: true, endsAt: null };

/** Models that the server refuses or hides, each for another reason. */
export const refusedModels: readonly CatalogModel[] = [
  model({
    id: ids.disabled.model,
    name: 'Downloads Disabled',
    versions: [plainVersion(ids.disabled.version, { usageControl: 'Generation' })],
  }),
  model({
    id: ids.earlyAccess.model,
    name: 'Early Access',
    versions: [plainVersion(ids.earlyAccess.version, { paidAccess: untilDeadline })],
  }),
  model({
    id: ids.paidForever.model,
    name: 'Paid Forever',
    versions: [plainVersion(ids.paidForever.version, { paidAccess: forever })],
  }),
  model({
    id: ids.private.model,
    name: 'Private Model',
    versions: [plainVersion(ids.private.version, { private: true })],
  }),
  model({
    id: ids.archived.model,
    name: 'Archived Model',
    mode: 'Archived',
    versions: [plainVersion(ids.archived.version)],
  }),
  model({
    id: ids.takenDown.model,
    name: 'Taken Down Model',
    mode: 'TakenDown',
    versions: [plainVersion(ids.takenDown.version)],
  }),
  model({ id: ids.noVersions.model, name: 'Model Without Versions', versions: [] }),
  model({
    id: ids.firstIsPaid.model,
    name: 'First Version Is Paid',
    versions: [
      plainVersion(ids.firstIsPaid.paidVersion, { paidAccess: untilDeadline }),
      plainVersion(ids.firstIsPaid.freeVersion),
    ],
  }),
  model({
    id: ids.firstIsDisabled.model,
    name: 'First Version Is Disabled',
    versions: [
      plainVersion(ids.firstIsDisabled.disabledVersion, { usageControl: 'Generation' }),
      plainVersion(ids.firstIsDisabled.freeVersion),
    ],
  }),
  model({
    id: ids.noCreator.model,
    name: 'Nobody Made This',
    creator: null,
    versions: [plainVersion(ids.noCreator.version)],
  }),
  model({
    id: ids.freshVersion.model,
    name: 'Fresh Version',
    nsfwLevel: 1,
    versions: [plainVersion(ids.freshVersion.version, { nsfwLevel: 0, images: [] })],
  }),
  model({
    id: ids.unlistedVersion.model,
    name: 'Unlisted Version',
    versions: [
      plainVersion(ids.unlistedVersion.version, { listed: false }),
      plainVersion(ids.unlistedVersion.listedVersion),
    ],
  }),
  model({
    id: ids.hiddenModel.model,
    name: 'Hidden Model',
    nsfwLevel: 0,
    versions: [plainVersion(ids.hiddenModel.version)],
  }),
];
