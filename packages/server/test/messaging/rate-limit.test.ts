/** The rate of a user counts over all connections to this server, of whatever kind; a send is never half done. */
import { HttpErrorBody } from '@rtd/protocol';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { raw } from '../stomp-rules/raw-client.ts';
import { chat, newUser, RuleServer, storedContents, subscribed } from '../stomp-rules/rule-server.ts';
import { bodyOf, http, received, send } from './people.ts';

let server: RuleServer;
beforeAll(async () => {
  // So slow that nothing comes back while a test runs.
  server = await RuleServer.start({ limits: { MESSAGES_PER_SECOND: 0.01, MESSAGE_BURST: 5 } });
});
afterAll(() => server.stop());

it('two sockets and HTTP together have one burst; another user has one of their own', async () => {
  const ann = newUser('ann');
  const [one, two] = [await server.connect('1.2', ann), await server.connect('1.2', ann, 'device:other')];
  await subscribed(two, '/user/queue/errors', 'id:errors');
  for (const content of ['1', '2']) one.send(chat(`${ann} ${content}`, 'receipt:r'));
  for (let n = 0; n < 2; n += 1) await one.nextOf('RECEIPT');
  expect((await http(server, ann, 'POST', '/api/chat/messages', { content: `${ann} 3` })).status).toBe(201);
  for (const content of ['4', '5']) two.send(chat(`${ann} ${content}`, 'receipt:r'));
  for (let n = 0; n < 2; n += 1) await two.nextOf('RECEIPT');

  two.send(chat(`${ann} 6`, 'receipt:never'));
  const [notice] = await received(two, 'errors', 1);
  const told = bodyOf(notice ?? expect.unreachable());
  expect(told).toMatchObject({ code: 'RATE_LIMITED', retryable: true });
  expect(told.retryAfterMillis).toBeGreaterThan(90_000);
  const refused = await fetch(`${server.url}/api/chat/messages`, {
    method: 'POST',
    headers: { 'x-user-id': ann, 'content-type': 'application/json' },
    body: JSON.stringify({ content: `${ann} 7` }),
  });
  expect([refused.status, HttpErrorBody.parse(await refused.json()).error.code]).toEqual([429, 'RATE_LIMITED']);
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(90);
  const mine = (await storedContents(server)).filter((content) => content.startsWith(ann));
  expect(mine).toEqual(['1', '2', '3', '4', '5'].map((n) => `${ann} ${n}`));
  expect((await http(server, newUser('bob'), 'POST', '/api/chat/messages', { content: 'mine' })).status).toBe(201);
  // Other requests than messages go on.
  two.send(send('/app/user.presence', { status: 'AWAY' }, 'receipt:away'));
  await two.nextOf('RECEIPT');
});

it('a transaction over the rate is refused as a whole', async () => {
  const cat = newUser('cat');
  const client = await server.connect('1.2', cat);
  for (let n = 0; n < 3; n += 1) client.send(chat(`${cat} before`, 'receipt:r'));
  for (let n = 0; n < 3; n += 1) await client.nextOf('RECEIPT');
  client.send(raw('BEGIN', 'transaction:t'));
  for (let n = 0; n < 3; n += 1) client.send(chat(`${cat} inside`, 'transaction:t'));
  client.send(raw('COMMIT', 'transaction:t', 'receipt:never'));
  const error = await client.errorThenClose();
  expect(error.headers).toMatchObject({ code: 'RATE_LIMITED', retryable: 'true' });
  expect((await storedContents(server)).filter((content) => content.startsWith(cat))).toEqual(
    Array.from({ length: 3 }, () => `${cat} before`),
  );
  // Nothing was taken for it either.
  expect((await http(server, cat, 'POST', '/api/chat/messages', { content: 'still two' })).status).toBe(201);
});
