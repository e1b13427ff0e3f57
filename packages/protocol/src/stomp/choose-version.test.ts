import { expect, it } from 'vitest';
import { chooseVersion } from './choose-version.ts';

it.each([
  ['rule 3: no accept-version means 1.0', undefined, '1.0'],
  ['rule 4: the highest common version wins, in any order', '1.0,1.2,1.1', '1.2'],
  ['rule 4: what nobody here speaks is passed over', '1.1,1.3,2.0', '1.1'],
  ['a space after the comma is forgiven', '1.0, 1.1', '1.1'],
  ['rule 5: none common', '2.0', undefined],
  ['rule 5: empty', '', undefined],
])('%s', (_rule, accepted, version) => {
  expect(chooseVersion(accepted)).toBe(version);
});
