/** The SQLite store of revocations. */
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { openSqliteRevocationStore } from '../../src/adapters/sqlite/sqlite-revocation-store.ts';
import { temporaryFolder } from '../chat/chat-fixture.ts';
import { revocationStoreContract } from './revocation-store.contract.ts';

describe('the contract', () => {
  revocationStoreContract(async (cleanup) => {
    const file = path.join(await temporaryFolder(cleanup), 'revocations.db');
    return () => Promise.resolve(openSqliteRevocationStore(file));
  });
});

it('says which file cannot be used', () => {
  expect(() => openSqliteRevocationStore('/nowhere/at/all/revocations.db')).toThrow(
    /\/nowhere\/at\/all\/revocations\.db/,
  );
});
