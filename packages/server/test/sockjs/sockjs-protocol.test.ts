/** SockJS's own protocol (0.3.3) where a browser is needed to drive it, byte by byte: greeting, info, iframe, htmlfile, jsonp. */
import { randomUUID } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { limitsWith } from '@rtd/protocol';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { ask, sharedServer, startTestServer } from '../server/test-server.ts';

const server = sharedServer();
const WITHIN = { timeout: 10_000, interval: 10 };
const CONNECT = 'CONNECT\naccept-version:1.2\nhost:x\nX-User-Id:ann\n\n\0';

/** A streaming GET whose body can be looked at while it comes. */
function stream(to: { port: number }, path: string): { text: () => string; ended: () => boolean } {
  let text = '';
  let ended = false;
  const request = httpRequest({ host: '127.0.0.1', port: to.port, path, agent: false }, (response) => {
    response.setEncoding('utf8');
    response.on('data', (chunk: string) => {
      text += chunk;
    });
    response.on('close', () => {
      ended = true;
    });
  });
  request.on('error', () => {});
  request.end();
  onTestFinished(() => void request.destroy());
  return { text: () => text, ended: () => ended };
}

const send = (to: { port: number }, path: string, ...frames: string[]) =>
  ask(to, path, { body: JSON.stringify(frames), headers: { 'content-type': 'text/plain' } });

describe.each(['/ws', '/ws-endpoint'])('under %s', (base) => {
  const session = () => `${base}/000/${randomUUID()}`;

  it('greets, and tells that WebSocket is to be had', async () => {
    expect(await ask(server(), base)).toMatchObject({ status: 200, text: 'Welcome to SockJS!\n' });
    const info = await ask(server(), `${base}/info`);
    expect(info.headers['cache-control']).toContain('no-cache');
    expect(info.json()).toMatchObject({
      websocket: true,
      cookie_needed: expect.any(Boolean),
      entropy: expect.any(Number),
    });
  });

  it('serves the iframe page, and that it has not changed', async () => {
    const page = await ask(server(), `${base}/iframe.html`);
    expect(page).toMatchObject({ status: 200, text: expect.stringContaining('SockJS.bootstrap_iframe()') });
    const again = await ask(server(), `${base}/iframe.html`, {
      headers: { 'if-none-match': String(page.headers.etag) },
    });
    expect(again.status).toBe(304);
  });

  it('streams through htmlfile', async () => {
    const path = session();
    const page = stream(server(), `${path}/htmlfile?c=parent.callback`);
    await vi.waitFor(() => expect(page.text()).toContain('p("o");'), WITHIN);
    expect((await send(server(), `${path}/xhr_send`, CONNECT)).status).toBe(204);
    await vi.waitFor(() => expect(page.text()).toContain('user-name:ann'), WITHIN);
    expect(page.text()).toContain('parent.callback');
  });

  it('polls through jsonp', async () => {
    const path = session();
    const poll = async () => (await ask(server(), `${path}/jsonp?c=callback`)).text;
    expect(await poll()).toContain('callback("o");');
    const body = `d=${encodeURIComponent(JSON.stringify([CONNECT]))}`;
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    expect(await ask(server(), `${path}/jsonp_send`, { body, headers })).toMatchObject({ status: 200, text: 'ok' });
    expect(await poll()).toMatch(/^\/\*\*\/callback\("a\[.*user-name:ann/);
  });

  it('refuses what is no callback, so that nobody can have a script of theirs served', async () => {
    const answer = await ask(server(), `${session()}/jsonp?c=${encodeURIComponent('alert(1)//')}`);
    expect(answer.status).toBe(500);
    expect(answer.text).not.toContain('alert(1)');
  });
});

describe('the same rules as on WebSocket', () => {
  it('Origin: a page from elsewhere is refused before anything else, on every path', async () => {
    for (const path of [
      '/ws/info',
      '/ws/000/x/xhr',
      '/ws/000/x/xhr_streaming',
      '/ws/000/x/eventsource',
      '/ws/iframe.html',
    ]) {
      const answer = await ask(server(), path, { headers: { origin: 'https://evil.example' }, method: 'GET' });
      expect(answer.status, path).toBe(403);
    }
  });

  it('limits: a frame over the limit is refused with a reason, and the session ends', async () => {
    const path = `/ws/000/${randomUUID()}`;
    const events = stream(server(), `${path}/eventsource`);
    await vi.waitFor(() => expect(events.text()).toContain('data: o'), WITHIN);
    await send(server(), `${path}/xhr_send`, CONNECT);
    await vi.waitFor(() => expect(events.text()).toContain('CONNECTED'), WITHIN);
    await send(server(), `${path}/xhr_send`, `SEND\ndestination:/app/chat\n\n${'x'.repeat(140_000)}\0`);
    await vi.waitFor(() => expect(events.text()).toContain('ERROR'), WITHIN);
    await vi.waitFor(() => expect(events.text()).toMatch(/data: c\[\d+,/), WITHIN);
  });

  it('limits: bytes before CONNECTED', async () => {
    const path = `/ws/000/${randomUUID()}`;
    const events = stream(server(), `${path}/eventsource`);
    await vi.waitFor(() => expect(events.text()).toContain('data: o'), WITHIN);
    await send(server(), `${path}/xhr_send`, `CONNECT\naccept-version:1.2\nhost:${'x'.repeat(9_000)}\n\n\0`);
    await vi.waitFor(() => expect(events.text()).toContain('ERROR'), WITHIN);
  });

  it('limits: a body that says its length is refused by it, one that does not is cut off', async () => {
    const path = `/ws/000/${randomUUID()}/xhr_send`;
    const body = 'x'.repeat(400_000);
    expect((await ask(server(), path, { body })).status).toBe(413);
    await expect(
      ask(server(), path, { body: Buffer.from(body), headers: { 'transfer-encoding': 'chunked' } }),
    ).rejects.toMatchObject({ code: expect.stringMatching(/ECONNRESET|EPIPE/) });
  });

  it('a client that never sends CONNECT is closed', async () => {
    const own = await startTestServer({ limits: limitsWith({ CONNECT_SECONDS: 1 }) });
    const events = stream(own, `/ws/000/${randomUUID()}/eventsource`);
    await vi.waitFor(() => expect(events.text()).toContain('data: o'), WITHIN);
    await vi.waitFor(() => expect(events.text()).toMatch(/data: c\[\d+,/), WITHIN);
  });

  it('slow readers: who polls no more while the room talks is closed, and told where to resume', async () => {
    const own = await startTestServer({ limits: limitsWith({ SEND_BUFFER_BYTES: 20_000, MESSAGES_PER_SECOND: 0 }) });
    const path = `/ws/000/${randomUUID()}`;
    expect((await ask(own, `${path}/xhr`, { method: 'POST' })).text).toBe('o\n');
    await send(own, `${path}/xhr_send`, CONNECT, 'SUBSCRIBE\nid:0\ndestination:/topic/messages\nreceipt:r\n\n\0');
    let polled = '';
    await vi.waitFor(async () => {
      polled += (await ask(own, `${path}/xhr`, { method: 'POST' })).text;
      expect(polled).toContain('RECEIPT');
    }, WITHIN);
    for (let n = 0; n < 40; n += 1) {
      const body = JSON.stringify({ content: 'x'.repeat(1_000) });
      const headers = { 'content-type': 'application/json', 'x-user-id': 'bob' };
      expect((await ask(own, '/api/chat/messages', { body, headers })).status).toBe(201);
    }
    let rest = '';
    await vi.waitFor(async () => {
      rest += (await ask(own, `${path}/xhr`, { method: 'POST' })).text;
      expect(rest).toMatch(/c\[\d+,/);
    }, WITHIN);
    expect(rest).toContain('ERROR');
    expect(rest.length).toBeLessThan(60_000);
  });
});
