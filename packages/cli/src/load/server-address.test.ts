import { expect, test } from 'vitest';
import { Failure, UsageError } from '../failure.ts';
import { parseStompTarget } from '../wire/target.ts';
import { checkOpenFiles, refuseStrangers } from './server-address.ts';

test.each(['http://127.0.0.1:8080', 'ws://localhost:1', 'stomp://127.9.9.9:1', 'http://[::1]:80'])(
  '%s is this machine',
  (text) => {
    expect(() => refuseStrangers(parseStompTarget(text), false)).not.toThrow();
  },
);

test.each(['http://example.com', 'http://10.0.0.7:8080', 'http://127.0.0.1.example.com', 'http://0.0.0.0:8080'])(
  '%s is loaded only by who owns it',
  (text) => {
    expect(() => refuseStrangers(parseStompTarget(text), false)).toThrow(UsageError);
    expect(() => refuseStrangers(parseStompTarget(text), true)).not.toThrow();
  },
);

test('more connections than files are refused before the first one is opened', () => {
  expect(() => checkOpenFiles(1_000, 1_024)).toThrow(Failure);
  expect(() => checkOpenFiles(1_000, 1_024)).toThrow(/ulimit -n 1064/);
  expect(() => checkOpenFiles(900, 1_024)).not.toThrow();
});
