/** Several conversations, several people, and two terminals of one of them: what each of them sees. */
import { ConversationId } from '@rtd/protocol';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { type Clients, openClients } from './clients.ts';
import type { PseudoTerminal } from './pseudo-terminal.ts';

// Programs are started and waited for; on a busy machine that takes its time.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let clients: Clients;
let alice: PseudoTerminal;
/** Another terminal of the same user. */
let second: PseudoTerminal;
let bob: PseudoTerminal;

beforeAll(async () => {
  clients = await openClients();
  [alice, second, bob] = await Promise.all([clients.live('alice'), clients.live('alice'), clients.live('bob', 80, 24)]);
});

afterAll(async () => {
  await clients[Symbol.asyncDispose]();
});

it('a direct message appears by itself, with its count, on both terminals; reading it on one takes the count off both', async () => {
  bob.type('/dm alice psst, only for you\r');
  await bob.until('his own message', (text) => /bob │ psst, only for you +✓/.test(text));
  for (const terminal of [alice, second]) {
    await terminal.until('the conversation and its count', (text) => /2 ● bob +1 /.test(text));
  }
  expect(alice.text()).not.toContain('psst');
  await bob.until('that it has come', (text) => /psst, only for you +✓✓/.test(text));
  expect(bob.text()).not.toMatch(/psst.*read/);
  alice.type('\x0e');
  await alice.until('the message below its line', (text) => /── unread ──[\s\S]*bob │ psst, only for you/.test(text));
  await bob.until('that it is read', (text) => /psst, only for you +✓✓ read/.test(text));
  await second.until('no count any more', (text) => /2 ● bob +│/.test(text));
});

it('what is written in one place stays out of the others, and waits there', async () => {
  alice.type('half a sentence');
  await alice.until('the text', (text) => text.includes('› half a sentence'));
  alice.type('\x1b1');
  await alice.until('global, with an empty line', (text) => text.includes('› write to everybody'));
  alice.type('\x1b2');
  await alice.until('the text again', (text) => text.includes('› half a sentence'));
  alice.type('\r');
  await bob.until('all of it', (text) => text.includes('alice │ half a sentence'));
  await second.until('nothing to read of oneself', (text) => /2 ● bob +│/.test(text));
});

it('a group: made by a command, there for everybody at once, read by how many, and left', async () => {
  alice.type('/new team bob carol\r');
  await alice.until('it', (text) => text.includes('─ team 2 of 3 here'));
  alice.type('hello team\r');
  await alice.until('stored', (text) => /hello team ✓/.test(text));
  await bob.until('the tab', (text) => /team 1/.test(text));
  bob.type('\x1b0');
  await bob.until('the message', (text) => text.includes('alice │ hello team'));
  await alice.until('by one', (text) => /hello team ✓✓ read 1/.test(text));
  alice.type('/who\r');
  await alice.until('who is here', (text) => text.includes('2 of 3 here: alice, bob; not here: carol'));
  bob.type('/leave\r');
  await bob.until('no tab', (text) => !text.includes('team'));
});

it('a public room is joined by its name, and a closed group is not', async () => {
  bob.type('/join lobby\r');
  await bob.until('it', (text) => text.includes('› write to lobby'));
  alice.type('/join lobby\r');
  await alice.until('it, too', (text) => text.includes('─ lobby 2 of 2 here'));
  await clients.apiOf('carol').createConversation({ id: ConversationId.parse('secret'), kind: 'group' });
  bob.type('/join secret\r');
  await bob.until('why not', (text) => text.includes('one of its members has to add you'));
});

it('somebody who is not there yet can be written to', async () => {
  alice.type('/dm zoe\r');
  await alice.until('her conversation', (text) => text.includes('─ zoe not here'));
  alice.type('see you tomorrow\r');
  await alice.until('stored', (text) => /see you tomorrow ✓/.test(text));
  const conversations = await clients.apiOf('zoe').conversations();
  expect(conversations.find(({ kind }) => kind === 'direct')).toMatchObject({ unread: 1 });
  await second.until('it on the other terminal', (text) => / zoe /.test(text));
});
