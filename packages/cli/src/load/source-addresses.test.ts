import { expect, test } from 'vitest';
import { parseTarget } from '../wire/target.ts';
import { connectionsAnAddress, hasNoPort, hostFrom, MOST_ADDRESSES, sourceAddress } from './source-addresses.ts';

const OURS = parseTarget('http://127.0.0.1:8080');
const THEIRS = parseTarget('http://example.com');

test('an address is used for as many as seven of ten of its ports, whatever the system has set', () => {
  expect(connectionsAnAddress('32768\t60999\n')).toBe(19_762);
  expect(connectionsAnAddress('40000 40499')).toBe(350);
  // No Linux: macOS has 49152 to 65535.
  expect(connectionsAnAddress(undefined)).toBe(11_468);
  expect(connectionsAnAddress('nonsense')).toBe(11_468);
});

test('past those they come from another loopback address, and only to loopback', () => {
  expect([0, 349, 350, 699, 700].map((index) => sourceAddress(OURS, index, 350))).toEqual([
    undefined,
    undefined,
    '127.0.0.2',
    '127.0.0.2',
    '127.0.0.3',
  ]);
  expect(sourceAddress(OURS, 350 * 255, 350)).toBe('127.0.1.0');
  expect(sourceAddress(THEIRS, 50_000, 350)).toBeUndefined();
});

test('a full address makes room for the next one, a bounded number of times', () => {
  expect([0, 1, 2].map((further) => sourceAddress(OURS, 0, 350, further))).toEqual([
    undefined,
    '127.0.0.2',
    '127.0.0.3',
  ]);
  for (const code of ['EADDRNOTAVAIL', 'EADDRINUSE']) expect(hasNoPort(OURS, code, 0)).toBe(true);
  expect(hasNoPort(OURS, 'ECONNREFUSED', 0)).toBe(false);
  expect(hasNoPort(OURS, 'EADDRNOTAVAIL', MOST_ADDRESSES - 1)).toBe(false);
  expect(hasNoPort(THEIRS, 'EADDRNOTAVAIL', 0)).toBe(false);
});

test('localhost is reached over IPv4 from an address of IPv4', () => {
  const localhost = parseTarget('http://localhost:8080');
  expect(sourceAddress(localhost, 350, 350)).toBe('127.0.0.2');
  expect(hostFrom(localhost, '127.0.0.2')).toBe('127.0.0.1');
  expect(hostFrom(localhost, undefined)).toBe('localhost');
});
