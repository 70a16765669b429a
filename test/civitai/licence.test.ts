import { describe, expect, it } from 'vitest';
import { permissionsOf } from '../../src/civitai/licence.js';

const allowed = (json: Record<string, unknown>) =>
  permissionsOf(json)
    .filter(({ isAllowed }) => isAllowed)
    .map(({ name }) => name);
const ALL = permissionsOf({}).map(({ name }) => name);
const SALES = ['sellImages', 'runOnPaidServices', 'runOnCivitai', 'sell'];

describe('the permissions of a model', () => {
  it('are all given if the API sends none', () => {
    expect(allowed({})).toHaveLength(7);
  });

  it.each([
    ['allowNoCredit', 'useWithoutCredit'],
    ['allowDerivatives', 'shareMerges'],
    ['allowDifferentLicense', 'changePermissions'],
  ])('lack what %s forbids', (field, name) => {
    expect(allowed({ [field]: false })).toEqual(ALL.filter((other) => other !== name));
  });

  it.each([
    [
      ['Image', 'RentCivit'],
      ['sellImages', 'runOnCivitai'],
    ],
    ['{Image,RentCivit}', ['sellImages', 'runOnCivitai']],
    ['{"Image","Rent"}', ['sellImages', 'runOnPaidServices']],
    ['Sell', ['sell']],
    ['{}', []],
    ['None', []],
    [[], []],
    [[null, 7, 'Image'], ['sellImages']],
    [undefined, SALES],
    [null, SALES],
    [7, SALES],
  ])('allow of %j the sales %j', (allowCommercialUse, sales) => {
    expect(allowed({ allowCommercialUse }).filter((name) => SALES.includes(name))).toEqual(sales);
  });
});
