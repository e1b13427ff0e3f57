/** Who is not in a conversation learns nothing of it, not even whether it exists; who is removed gets nothing more. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { raw } from '../stomp-rules/raw-client.ts';
import { newUser, RuleServer, subscribed } from '../stomp-rules/rule-server.ts';
import { contents, http, received, send } from './people.ts';

let server: RuleServer;
beforeAll(async () => {
  server = await RuleServer.start();
});
afterEach(() => server.cutClients());
afterAll(() => server.stop());

/** A group of its own with one message in it. */
async function group(owner: string, ...members: string[]): Promise<string> {
  const id = newUser('group');
  expect((await http(server, owner, 'POST', '/api/conversations', { id, kind: 'group', members })).status).toBe(201);
  const said = { conversationId: id, content: 'secret' };
  expect((await http(server, owner, 'POST', '/api/chat/messages', said)).status).toBe(201);
  return id;
}

describe('a conversation that one is not in is as one that is not there', () => {
  it('to SUBSCRIBE, with and without a place to resume from', async () => {
    const [there, nowhere] = [await group(newUser()), newUser('group')];
    for (const headers of [[], ['after-seq:0']]) {
      const answers: string[] = [];
      for (const id of [there, nowhere]) {
        const client = await server.connect('1.2');
        client.send(raw('SUBSCRIBE', 'id:0', `destination:/topic/conversation/${id}`, 'receipt:r', ...headers));
        answers.push((await client.errorThenClose()).raw.replaceAll(id, 'ID'));
      }
      expect(answers[0]).toBe(answers[1]);
      expect(answers[0]).not.toMatch(/secret/);
    }
  });

  it.each<[string, (id: string) => [string, string, unknown?]]>([
    ['history', (id) => ['GET', `/api/chat/history?conversationId=${id}`]],
    ['a poll', (id) => ['GET', `/api/chat/poll?conversationId=${id}&wait=0`]],
    ['sending', (id) => ['POST', '/api/chat/messages', { conversationId: id, recipientId: 'x', content: 'hi' }]],
    ['joining', (id) => ['PUT', `/api/conversations/${id}/members/me`]],
    ['leaving for others', (id) => ['DELETE', `/api/conversations/${id}/members/other`]],
  ])('to %s', async (what, requestOf) => {
    const there = await group(newUser());
    // A message to what does not exist makes it: nobody is kept from that. It is the others' that one may not write to.
    const nowhere = what === 'sending' ? await group(newUser()) : newUser('group');
    const answers = await Promise.all([there, nowhere].map((id) => http(server, 'me', ...requestOf(id))));
    expect(answers.map(({ status }) => status)).toEqual([403, 403]);
    expect(answers[0]?.text.replaceAll(there, 'ID')).toBe(answers[1]?.text.replaceAll(nowhere, 'ID'));
  });

  it('to typing: nobody in it sees who is not in it, and the other way round', async () => {
    const owner = newUser('owner');
    const id = await group(owner);
    const inside = await subscribed(await server.connect('1.2', owner), `/topic/typing/${id}`, 'id:t');
    const outside = await subscribed(await server.connect('1.2', 'stranger'), `/topic/typing/${id}`, 'id:t');
    outside.send(send(`/app/chat.typing/${id}`, {}));
    inside.send(send(`/app/chat.typing/${id}`, {}));
    const [mark] = await received(inside, 't', 1);
    expect(JSON.parse(mark?.body ?? '')).toMatchObject({ userId: owner });
    await outside.settled();
    expect([inside.unread.length, outside.unread.length]).toEqual([1, 0]);
  });
});

describe('who is removed', () => {
  it('gets nothing more, over any way to read: topic, queue, poll, history', async () => {
    const [owner, member] = [newUser('owner'), newUser('member')];
    const id = await group(owner, member);
    const client = await server.connect('1.2', member);
    await subscribed(client, `/topic/conversation/${id}`, 'id:topic');
    await subscribed(client, '/user/queue/messages', 'id:queue');
    expect(contents(await received(client, 'queue', 1))).toEqual(['secret']);
    const poll = http(server, member, 'GET', `/api/chat/poll?conversationId=${id}&after=1&wait=30`);
    // Behind it on the same server: the poll is being waited for by then.
    for (let n = 0; n < 5; n += 1) await http(server, member, 'GET', '/healthz');
    expect((await http(server, owner, 'DELETE', `/api/conversations/${id}/members/${member}`)).status).toBe(204);
    expect((await poll).status).toBe(403);
    const said = { conversationId: id, content: 'among us' };
    expect((await http(server, owner, 'POST', '/api/chat/messages', said)).status).toBe(201);
    expect((await http(server, member, 'GET', `/api/chat/history?conversationId=${id}`)).status).toBe(403);
    await client.settled();
    expect(client.unread.filter(({ body }) => body.includes('among us'))).toEqual([]);
    const own = (await http(server, member, 'GET', '/api/conversations')).text;
    expect(own).not.toContain(id);
  });
});
