import { expect, test } from 'vitest';
import { withoutPassword } from './without-password.ts';

test.each([
  ['mysql://root:s3cret@127.0.0.1:3306/db', 'mysql://root@127.0.0.1:3306/db'],
  ['mysql://root:p%40ss%2Fword@db.example:3306/db', 'mysql://root@db.example:3306/db'],
  ['redis://:only-a-password@127.0.0.1:6379', 'redis://127.0.0.1:6379'],
  ['redis://127.0.0.1:6379', 'redis://127.0.0.1:6379'],
  ['127.0.0.1:29092,127.0.0.1:29093', '127.0.0.1:29092,127.0.0.1:29093'],
])('%s is shown as %s', (address, shown) => {
  expect(withoutPassword(address)).toBe(shown);
});
