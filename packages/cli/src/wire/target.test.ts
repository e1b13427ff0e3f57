import { expect, test } from 'vitest';
import { UsageError } from '../failure.ts';
import { isThisMachine, parseStompTarget, parseTarget } from './target.ts';

test.each([
  ['http://127.0.0.1:8080', 'http://127.0.0.1:8080', 8080, '', '/ws-endpoint'],
  ['localhost:9000', 'http://localhost:9000', 9000, '', '/ws-endpoint'],
  ['https://chat.example.com/', 'https://chat.example.com', 443, '', '/ws-endpoint'],
  ['https://example.com/chat', 'https://example.com/chat', 443, '/chat', '/chat/ws-endpoint'],
  ['wss://example.com/chat/ws', 'https://example.com/chat', 443, '/chat', '/chat/ws'],
  ['ws://localhost:15674/ws', 'http://localhost:15674', 15674, '', '/ws'],
  ['ws://localhost:61614/stomp?x=1', 'http://localhost:61614', 61614, '', '/stomp?x=1'],
  ['http://[::1]:8080', 'http://[::1]:8080', 8080, '', '/ws-endpoint'],
])('%s', (text, url, port, prefix, webSocketPath) => {
  expect(parseTarget(text)).toMatchObject({ url, port, prefix, webSocketPath });
});

test.each(['ftp://x', 'http://', 'http://bob:hunter22@host', '::'])('%s is refused, without its password', (text) => {
  expect(() => parseTarget(text)).toThrow(UsageError);
  expect(() => parseTarget(text)).not.toThrow(/hunter22/);
});

test.each([
  ['http://127.8.9.1', true],
  ['http://localhost', true],
  ['http://[::1]', true],
  ['http://192.0.2.1', false],
  ['http://localhost.example.com', false],
])('%s is this machine: %s', (text, expected) => {
  expect(isThisMachine(parseTarget(text))).toBe(expected);
});

test.each(['http://127.0.0.1:8080', 'ws://localhost:15674/ws', 'http://127.0.0.1:18080/ws', 'stomp://127.0.0.1:61613'])(
  '%s can be typed again as it was',
  (text) => {
    expect(parseStompTarget(text).given).toBe(text);
  },
);

test('stomp:// is bare TCP, with its port, where STOMP is spoken; everywhere else it is no address', () => {
  const bare = parseStompTarget('stomp://127.0.0.1:61613');
  expect(bare).toMatchObject({ bareTcp: true, host: '127.0.0.1', port: 61_613, secure: false });
  expect(parseStompTarget('STOMPS://[::1]:61614')).toMatchObject({ bareTcp: true, host: '::1', secure: true });
  expect(parseStompTarget('ws://localhost:15674/ws')).toMatchObject({ bareTcp: false, webSocketPath: '/ws' });
  expect(() => parseStompTarget('stomp://127.0.0.1')).toThrow(/needs a port/);
  expect(() => parseTarget('stomp://127.0.0.1:61613')).toThrow(UsageError);
});
