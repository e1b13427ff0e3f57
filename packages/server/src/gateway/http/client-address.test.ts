import { Socket } from 'node:net';
import { expect, it } from 'vitest';
import { createAddressOf, parseNetwork } from './client-address.ts';

function addressOf(trusted: readonly string[], peer: string | undefined, forwarded?: string): string {
  const socket = new Socket();
  Object.defineProperty(socket, 'remoteAddress', { value: peer });
  return createAddressOf(trusted)({ headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded }, socket });
}

const PROXIES = ['127.0.0.1', '10.0.0.0/8', 'fd00::/8'];

it.each([
  ['nobody is trusted: the header is nothing', [], '127.0.0.1', '198.51.100.7', '127.0.0.1'],
  ['a peer that is not trusted may say what it likes', PROXIES, '198.51.100.1', '198.51.100.7', '198.51.100.1'],
  ['a trusted one is believed', PROXIES, '127.0.0.1', '198.51.100.7', '198.51.100.7'],
  ['so is one that is told as IPv6', PROXIES, '::ffff:127.0.0.1', '198.51.100.7', '198.51.100.7'],
  ['and one of a network', PROXIES, 'fd12:3456::1', '2001:db8::7', '2001:db8::7'],
  ['what the client wrote stays on the left', PROXIES, '10.1.2.3', '203.0.113.9, 198.51.100.7', '198.51.100.7'],
  ['proxy behind proxy', PROXIES, '127.0.0.1', '203.0.113.9, 198.51.100.7, 10.0.0.2,10.0.0.3', '198.51.100.7'],
  ['nothing but proxies: the first of them', PROXIES, '127.0.0.1', '10.0.0.1, 10.0.0.2', '10.0.0.1'],
  ['with a port', PROXIES, '127.0.0.1', '198.51.100.7:4711', '198.51.100.7'],
  ['with a port and brackets', PROXIES, '127.0.0.1', '[2001:db8::7]:4711', '2001:db8::7'],
  ['an IPv4 address in IPv6 is one client, not two', PROXIES, '127.0.0.1', '::ffff:198.51.100.7', '198.51.100.7'],
  ['no header: the proxy itself asks', PROXIES, '127.0.0.1', undefined, '127.0.0.1'],
  ['an empty one', PROXIES, '127.0.0.1', '', '127.0.0.1'],
  ['no address at all', PROXIES, '127.0.0.1', '198.51.100.7, unknown', '127.0.0.1'],
  ['words behind which an address stands', PROXIES, '127.0.0.1', '198.51.100.7, x, 10.0.0.3', '10.0.0.3'],
  ['a socket that is gone', PROXIES, undefined, '198.51.100.7', ''],
])('%s', (_case, trusted, peer, forwarded, expected) => {
  expect(addressOf(trusted, peer, forwarded)).toBe(expected);
});

it('knows addresses and networks', () => {
  expect(
    ['10.0.0.0/8', '192.0.2.1', '::1', '2001:db8::/32', '0.0.0.0/0'].map((text) => parseNetwork(text)?.prefix),
  ).toEqual([8, 32, 128, 32, 0]);
  for (const text of [
    '',
    '10.0.0.0/33',
    '::/129',
    '10.0.0/8',
    'proxy',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    '10.0.0.0/-1',
    '/8',
  ])
    expect(parseNetwork(text), text).toBeUndefined();
});
