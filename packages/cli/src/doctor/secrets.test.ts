import { expect, test } from 'vitest';
import { secretsRemover } from './secrets.ts';

test.each([
  ['Bearer abc.def.ghi is what was sent', 'Bearer *** is what was sent'],
  ['mysql://root:root@localhost:3306/db of root', 'mysql://root:***@localhost:3306/db of root'],
  ['redis://:p%40ss@localhost', 'redis://:***@localhost'],
  ['key a%20key%2Fwith%20signs in a query', 'key *** in a query'],
  ['nothing in it http://127.0.0.1:8080/ws', 'nothing in it http://127.0.0.1:8080/ws'],
])('%s', (text, shown) => {
  const clean = secretsRemover(
    { RTD_TOKEN: 'abc.def.ghi', RTD_JWT_SECRET: 'a key/with signs', HOME: '/root', RTD_PASSCODE: '' },
    [],
  );
  expect(clean(text)).toBe(shown);
});
