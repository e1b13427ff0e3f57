import { RtdError } from '@rtd/protocol';
import { describe, expect, it } from 'vitest';
import { parseServerAddress } from './server-address.ts';

describe('parseServerAddress', () => {
  it.each([
    ['http://127.0.0.1:8080', 'http://127.0.0.1:8080', 'ws://127.0.0.1:8080/ws-endpoint'],
    ['  http://127.0.0.1:8080/  ', 'http://127.0.0.1:8080', 'ws://127.0.0.1:8080/ws-endpoint'],
    ['localhost:8080', 'http://localhost:8080', 'ws://localhost:8080/ws-endpoint'],
    ['chat.example', 'http://chat.example', 'ws://chat.example/ws-endpoint'],
    ['https://chat.example/rtd/', 'https://chat.example/rtd', 'wss://chat.example/rtd/ws-endpoint'],
    ['wss://chat.example/ws-endpoint', 'https://chat.example', 'wss://chat.example/ws-endpoint'],
    ['ws://chat.example/rtd/ws/websocket', 'http://chat.example/rtd', 'ws://chat.example/rtd/ws-endpoint'],
    ['http://[::1]:8080', 'http://[::1]:8080', 'ws://[::1]:8080/ws-endpoint'],
    ['http://a.example/?x=1#y', 'http://a.example', 'ws://a.example/ws-endpoint'],
  ])('%s', (typed, baseUrl, webSocketUrl) => {
    expect(parseServerAddress(typed)).toEqual({ baseUrl, webSocketUrl });
  });

  it.each(['', '   ', 'not an address', 'ftp://a.example', 'http://', 'http://me:secret@a.example', 'host:port'])(
    'refuses %j with a hint, and without repeating a password',
    (typed) => {
      let thrown: unknown;
      try {
        parseServerAddress(typed);
      } catch (error) {
        thrown = error;
      }
      expect(thrown).toBeInstanceOf(RtdError);
      expect(thrown).toMatchObject({ code: 'VALIDATION' });
      expect(String(thrown)).not.toContain('secret');
    },
  );
});
