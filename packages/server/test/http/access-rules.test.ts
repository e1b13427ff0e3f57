import { describe, expect, it } from 'vitest';
import { createAccessRules } from '../../src/gateway/http/access-rules.ts';
import { ask, sharedServer, talk, upgradeRequest } from '../server/test-server.ts';

const PAGE = 'https://app.example.com';

describe('the Origin rule', () => {
  it.each([
    // listens on, allowed, Host, Origin, lets in
    ['127.0.0.1', [], '127.0.0.1:8080', undefined, true],
    ['127.0.0.1', [], '127.0.0.1:8080', 'http://127.0.0.1:8080', true],
    ['127.0.0.1', [], 'localhost:8080', 'http://localhost:8080', true],
    ['127.0.0.1', [], 'localhost:8080', 'http://localhost:3000', true],
    ['127.0.0.1', [], '127.0.0.1:8080', 'http://[::1]:3000', true],
    ['127.0.0.1', [], '127.0.0.1:8080', 'null', false],
    ['127.0.0.1', [], '127.0.0.1:8080', PAGE, false],
    ['127.0.0.1', [PAGE], '127.0.0.1:8080', PAGE, true],
    ['127.0.0.1', [PAGE], '127.0.0.1:8080', 'http://app.example.com', false],
    ['127.0.0.1', [PAGE], '127.0.0.1:8080', `${PAGE}:444`, false],
    ['127.0.0.1', ['null'], '127.0.0.1:8080', 'null', true],
    ['127.0.0.1', ['*'], '127.0.0.1:8080', 'https://anybody.example', true],
    ['127.0.0.1', [], '127.0.0.1:8080', 'http://localhost.example.com', false],
    ['127.0.0.1', [], '127.0.0.1:8080', 'not a url', false],
    ['0.0.0.0', [], 'chat.example.com', 'https://chat.example.com', true],
    ['0.0.0.0', [], 'chat.example.com:443', 'https://chat.example.com', true],
    ['0.0.0.0', [], 'chat.example.com:80', 'http://chat.example.com', true],
    ['0.0.0.0', [], 'CHAT.example.com', 'https://chat.example.com', true],
    ['0.0.0.0', [], 'chat.example.com:8080', 'https://chat.example.com', false],
    ['0.0.0.0', [], 'chat.example.com', 'https://evil.example.com', false],
    ['0.0.0.0', [], 'chat.example.com', 'http://localhost:3000', false],
    ['0.0.0.0', [], 'localhost:8080', 'http://localhost:3000', true],
    ['0.0.0.0', [], undefined, 'http://localhost:3000', false],
  ])('listening on %s, allowed %j: Host %s, Origin %s -> %s', (host, allowedOrigins, hostHeader, origin, lets) => {
    const rules = createAccessRules({ host, allowedOrigins });
    expect(rules.refusalOf({ host: hostHeader, origin }) === undefined).toBe(lets);
  });
});

describe('the Host rule', () => {
  it.each([
    ['127.0.0.1', [], '127.0.0.1:8080', true],
    ['127.0.0.1', [], 'localhost', true],
    ['127.0.0.1', [], '[::1]:8080', true],
    ['127.0.0.1', [], undefined, true],
    ['127.0.0.1', [], 'evil.example.com:8080', false],
    ['127.0.0.1', [], '192.168.1.5:8080', false],
    ['127.0.0.1', [], '127.0.0.1.evil.example.com', false],
    ['127.0.0.1', [], 'localhost@evil.example.com', false],
    ['127.0.0.1', [PAGE], 'app.example.com', true],
    ['127.0.0.1', ['*'], 'evil.example.com', true],
    ['::1', [], 'evil.example.com', false],
    ['localhost', [], 'evil.example.com', false],
    ['0.0.0.0', [], 'chat.example.com', true],
  ])('listening on %s, allowed %j: Host %s -> %s', (host, allowedOrigins, hostHeader, lets) => {
    expect(createAccessRules({ host, allowedOrigins }).refusalOf({ host: hostHeader }) === undefined).toBe(lets);
  });
});

describe('on every transport', () => {
  const shared = sharedServer();
  const requests = [
    ['GET', '/api/market/snapshot'],
    ['GET', '/stream'],
    ['GET', '/healthz'],
    ['GET', '/ws'],
    ['GET', '/ws-endpoint/info'],
    ['POST', '/ws-endpoint/000/abcdefgh/xhr'],
    ['POST', '/ws/000/abcdefgh/xhr_streaming'],
    ['GET', '/ws/000/abcdefgh/eventsource'],
    ['GET', '/ws/000/abcdefgh/htmlfile?c=cb'],
    ['GET', '/ws/000/abcdefgh/jsonp?c=cb'],
    ['GET', '/ws/iframe.html'],
    ['OPTIONS', '/ws/000/abcdefgh/xhr'],
    ['OPTIONS', '/api/chat/messages'],
    ['POST', '/api/chat/messages'],
  ] as const;

  it.each(requests)('%s %s refuses pages from elsewhere', async (method, path) => {
    const server = shared();
    for (const headers of [{ origin: PAGE }, { origin: 'null' }, { host: 'evil.example.com' }]) {
      const answer = await ask(server, path, {
        method,
        headers,
        body: method === 'POST' ? '{"content":"x"}' : undefined,
      });
      expect(answer.status).toBe(403);
      expect(answer.json()).toEqual({
        error: { code: 'FORBIDDEN', message: expect.stringContaining('RTD_ALLOWED_ORIGINS') },
      });
      expect(answer.headers['access-control-allow-origin']).toBeUndefined();
    }
  });

  it.each(['/ws', '/ws-endpoint', '/ws/websocket', '/ws-endpoint/websocket', '/ws/000/abcdefgh/websocket'])(
    'an upgrade of %s is refused before it happens',
    async (path) => {
      const server = shared();
      for (const headers of [{ Origin: PAGE }, { Origin: 'null' }, { Host: 'evil.example.com' }]) {
        expect(await talk(server, upgradeRequest(path, headers))).toMatch(/^HTTP\/1\.1 403 .*"FORBIDDEN"/s);
      }
      for (const headers of [{}, { Origin: `http://127.0.0.1:${server.port}` }, { Origin: 'http://localhost:5173' }]) {
        const greeting = await talk(server, upgradeRequest(path, headers), (text) => text.includes('\r\n\r\n'));
        expect(greeting).toMatch(/^HTTP\/1\.1 101 /);
      }
    },
  );
});

describe('CORS', () => {
  const allowing = sharedServer({ allowedOrigins: [PAGE] });
  it('lets an allowed page read answers, errors too', async () => {
    const server = allowing();
    for (const path of ['/api/market/snapshot', '/nothing', '/api/chat/history?limit=x', '/ws/info']) {
      const { headers } = await ask(server, path, { headers: { origin: PAGE } });
      expect(headers['access-control-allow-origin'], path).toBe(PAGE);
      expect(headers['access-control-allow-credentials'], path).toBe('true');
      expect(headers.vary, path).toMatch(/\bOrigin\b/);
    }
  });

  it('answers a preflight', async () => {
    const server = allowing();
    const answer = await ask(server, '/api/chat/messages', {
      method: 'OPTIONS',
      headers: {
        origin: PAGE,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'content-type,x-user-id',
      },
    });
    expect(answer.status).toBe(204);
    expect(answer.headers).toMatchObject({
      'access-control-allow-origin': PAGE,
      'access-control-allow-methods': expect.stringContaining('POST'),
      'access-control-allow-headers': expect.stringMatching(/Authorization.*Content-Type.*X-User-Id.*Last-Event-ID/),
    });
  });

  it('says nothing of CORS to who is no page', async () => {
    const server = allowing();
    const { headers } = await ask(server, '/healthz');
    expect(headers['access-control-allow-origin']).toBeUndefined();
  });
});
