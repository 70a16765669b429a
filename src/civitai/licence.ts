import type { ApiJson } from './model.js';

/** What a model's licence says about one use. */
export interface Permission {
  readonly name: string;
  readonly use: string;
  readonly isAllowed: boolean;
}

/**
 * Returns the permissions that the page of a model shows. Missing fields allow, as on the site.
 * @param json the model in the response of the API
 */
export function permissionsOf(json: ApiJson): readonly Permission[] {
  const commercial = commercialUses(json.allowCommercialUse);
  const allows = (field: string) => json[field] !== false;
  const allowsSale = (use: string) => commercial === undefined || commercial.has(use);
  return [
    {
      name: 'useWithoutCredit',
      use: 'use without crediting the creator',
      isAllowed: allows('allowNoCredit'),
    },
    { name: 'sellImages', use: 'sale of images made with it', isAllowed: allowsSale('Image') },
    { name: 'runOnPaidServices', use: 'use on services that take money', isAllowed: allowsSale('Rent') },
    { name: 'runOnCivitai', use: 'use on Civitai', isAllowed: allowsSale('RentCivit') },
    { name: 'shareMerges', use: 'sharing merges', isAllowed: allows('allowDerivatives') },
    { name: 'sell', use: 'sale of the model or its merges', isAllowed: allowsSale('Sell') },
    {
      name: 'changePermissions',
      use: 'merges with other permissions',
      isAllowed: allows('allowDifferentLicense'),
    },
  ];
}

/** Reads a list, the text of a Postgres array such as `{Image,Rent}`, or a single word; undefined if it is missing. */
function commercialUses(value: unknown): ReadonlySet<string> | undefined {
  if (Array.isArray(value)) return new Set(value.filter((use) => typeof use === 'string'));
  if (typeof value !== 'string') return undefined;
  return new Set(value.split(/[{},"\s]+/).filter((use) => use !== ''));
}
