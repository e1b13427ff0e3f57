import { expect, test } from 'vitest';
import { Failure, UsageError } from '../failure.ts';
import { checkOpenFiles, parseServerAddress, refuseStrangers, sourceAddress } from './server-address.ts';

test('stomp:// is bare TCP, with its port; everything else is a WebSocket or HTTP', () => {
  const bare = parseServerAddress('stomp://127.0.0.1:61613');
  expect(bare).toMatchObject({ bareTcp: true, target: { host: '127.0.0.1', port: 61613, secure: false } });
  expect(parseServerAddress('stomps://[::1]:61614')).toMatchObject({ target: { host: '::1', secure: true } });
  const webSocket = parseServerAddress('ws://localhost:15674/ws');
  expect(webSocket).toMatchObject({ bareTcp: false, target: { port: 15674, webSocketPath: '/ws' } });
  expect(() => parseServerAddress('stomp://127.0.0.1')).toThrow(/needs a port/);
});

test.each(['http://127.0.0.1:8080', 'ws://localhost:1', 'stomp://127.9.9.9:1', 'http://[::1]:80'])(
  '%s is this machine',
  (text) => {
    expect(() => refuseStrangers(parseServerAddress(text), false)).not.toThrow();
  },
);

test.each(['http://example.com', 'http://10.0.0.7:8080', 'http://127.0.0.1.example.com', 'http://0.0.0.0:8080'])(
  '%s is loaded only by who owns it',
  (text) => {
    expect(() => refuseStrangers(parseServerAddress(text), false)).toThrow(UsageError);
    expect(() => refuseStrangers(parseServerAddress(text), true)).not.toThrow();
  },
);

test('past 20,000 connections they come from another loopback address, and only on loopback', () => {
  const { target } = parseServerAddress('http://127.0.0.1:8080');
  expect(sourceAddress(target, 19_999)).toBeUndefined();
  expect([20_000, 39_999, 40_000].map((index) => sourceAddress(target, index))).toEqual([
    '127.0.0.2',
    '127.0.0.2',
    '127.0.0.3',
  ]);
  expect(sourceAddress(parseServerAddress('http://example.com').target, 50_000)).toBeUndefined();
});

test('more connections than files are refused before the first one is opened', () => {
  expect(() => checkOpenFiles(1_000, 1_024)).toThrow(Failure);
  expect(() => checkOpenFiles(1_000, 1_024)).toThrow(/ulimit -n 1064/);
  expect(() => checkOpenFiles(900, 1_024)).not.toThrow();
});
