/**
 * Draws README's picture from a real run: `rtd start` on a pseudo-terminal, two people who talk to it from outside, and the
 * screen as it is once the market has moved for a while. Takes about two minutes. `npm run picture`
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type ChatSession, connectChat, createHttpApi } from '@rtd/client';
import { UserId } from '@rtd/protocol';
import { openPseudoTerminal } from '../packages/tui/test/pty/pseudo-terminal.ts';
import { screenSvg } from './picture/screen-svg.ts';

const ROOT = path.join(import.meta.dirname, '..');
const PICTURE = path.join(ROOT, 'docs/pictures/terminal.svg');
const COLUMNS = 124;
const ROWS = 31;
const DESCRIPTION =
  'The terminal client: conversations with unread counts and who is here at the left, messages in the middle, prices with ' +
  'sparklines and a chart at the right, the message line below';

/** Who says what, and how long after the line before, in milliseconds. */
const TALK = [
  ['ines', 20_000, 'Morning! Just cloned this: two commands, and prices are moving'],
  ['tom', 9_000, 'same here, on a second terminal'],
  ['ines', 14_000, '@mei what do you make of NVDA today?'],
  ['tom', 13_000, 'how do I get to the older messages?'],
  ['ines', 6_000, 'PgUp, and ? shows every key'],
  ['ines', 14_000, '@ana why is BTC moving?'],
  ['tom', 14_000, 'what is TSLA doing?'],
  ['ines', 16_000, 'nice, and no broker or database to set up first'],
] as const;

const dataDir = await mkdtemp(path.join(tmpdir(), 'rtd-picture-'));
const terminal = openPseudoTerminal({
  command: process.execPath,
  args: [path.join(ROOT, 'packages/cli/bin/rtd.js'), 'start', '--name', 'alice', '--data-dir', dataDir, '--rate', '30'],
  columns: COLUMNS,
  rows: ROWS,
  env: { COLORTERM: 'truecolor', TZ: process.env.TZ ?? 'UTC' },
  timeoutMillis: 30_000,
});

try {
  await terminal.until('both links are live', (text) => text.split('● live').length === 3);
  const url = `http://${/127\.0\.0\.1:\d+/.exec(terminal.text())?.[0] ?? ''}`;
  await createHttpApi({ url }).health();
  const people = new Map(['ines', 'tom'].map((userId) => [userId, connectChat({ url, identity: { userId } })]));
  await sayAside(people);
  for (const [userId, millis, content] of TALK) {
    await pause(millis);
    await sayAs(people.get(userId), content);
  }
  await pause(6_000);
  await typeSlowly('thanks all, this is neat');
  terminal.type('\r');
  await terminal.until('the message is stored', (text) => /this is neat +✓/.test(text));
  await pause(12_000);
  await typeSlowly('what did ETH open at?');
  const typing = setInterval(() => people.get('tom')?.typing('global').keyPressed(), 100);
  await terminal.until('tom types', (text) => text.includes('tom is typing')).finally(() => clearInterval(typing));
  await mkdir(path.dirname(PICTURE), { recursive: true });
  await writeFile(
    PICTURE,
    screenSvg(terminal.terminal, { title: 'npm start', description: DESCRIPTION, cursor: true }),
  );
  console.log(terminal.text());
  console.log(`drawn: ${path.relative(ROOT, PICTURE)}`);
  await Promise.all([...people.values()].map((chat) => chat.close()));
} finally {
  // The first takes the text back, the second leaves.
  terminal.type('\x15');
  terminal.type('\x04');
  await terminal.exited;
  await rm(dataDir, { recursive: true, force: true });
}

/** Conversations besides global: a group, a room, and two people who write to alice alone. */
async function sayAside(people: ReadonlyMap<string, ChatSession>): Promise<void> {
  const [ines, tom] = [people.get('ines'), people.get('tom')];
  const ids = ['alice', 'tom', 'ines'].map((id) => UserId.parse(id));
  const desk = await ines?.api.createConversation({ kind: 'group', title: 'desk', members: ids });
  const release = await tom?.api.createConversation({ kind: 'public', title: 'release', members: ids });
  await ines?.send({ content: 'standup at ten, as always', conversationId: desk?.id }).settled;
  await tom?.send({ content: 'rc1 is out', conversationId: release?.id }).settled;
  await tom?.send({ content: 'it starts in two seconds here', conversationId: release?.id }).settled;
  await ines?.send({ content: 'lunch?', recipientId: 'alice' }).settled;
  await tom?.send({ content: 'do you have the link?', recipientId: 'alice' }).settled;
  await tom?.send({ content: 'found it', recipientId: 'alice' }).settled;
}

async function sayAs(chat: ChatSession | undefined, content: string): Promise<void> {
  await chat?.send({ content }).settled;
}

async function typeSlowly(text: string): Promise<void> {
  for (const key of text) {
    terminal.type(key);
    await pause(40);
  }
}
