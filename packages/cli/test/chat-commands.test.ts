import { ChatMessage, HistoryPage } from '@rtd/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Hosted, host } from './hosted.ts';
import { rtd, start } from './running.ts';

let server: Hosted;
let env: Record<string, string>;
beforeAll(async () => {
  server = await host();
  env = { RTD_URL: server.url };
});
afterAll(() => server[Symbol.asyncDispose]());

const stored = async (conversationId = 'global', user = 'alice'): Promise<ChatMessage[]> => {
  const response = await fetch(`${server.url}/api/chat/history?conversationId=${conversationId}&limit=500`, {
    headers: { 'x-user-id': user },
  });
  return HistoryPage.parse(await response.json()).messages;
};
const documents = (text: string): unknown[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

describe('rtd send', () => {
  test('exits with 0 when the message is stored, and is quiet in a script', async () => {
    expect(await rtd(['send', 'first!', '--name', 'alice'], { env })).toMatchObject({
      code: 0,
      stdout: '',
      stderr: '',
    });
    expect((await stored()).map(({ senderId, content }) => [senderId, content])).toContainEqual(['alice', 'first!']);
  });

  test('--json prints the message as the server has it', async () => {
    const { code, stdout } = await rtd(['send', 'as JSON', '--json'], { env: { ...env, RTD_USER: 'bob' } });
    expect(code).toBe(0);
    const message = ChatMessage.parse(documents(stdout)[0]);
    expect(message).toMatchObject({ content: 'as JSON', senderId: 'bob', conversationId: 'global' });
    expect(await stored()).toContainEqual(message);
  });

  test('sends every line of standard input, in order, past the rate limit, too', async () => {
    const lines = Array.from({ length: 60 }, (_, index) => `line ${index + 1}`);
    const { code, stdout } = await rtd(['send', '-', '--json', '--name', 'piper'], {
      env,
      input: `${lines.join('\n\n')}\n`,
    });
    expect(code).toBe(0);
    expect(documents(stdout).map((document) => ChatMessage.parse(document).content)).toEqual(lines);
    const mine = (await stored()).filter(({ senderId }) => senderId === 'piper');
    expect(mine.map(({ content }) => content)).toEqual(lines);
  });

  test('an empty line is no message; a line that is too long ends it with 2, and what came before is stored', async () => {
    const input = `before\n\n${'x'.repeat(4_001)}\nafter\n`;
    const { code, stderr } = await rtd(['send', '--name', 'long'], { env, input });
    expect(code).toBe(2);
    expect(stderr).toMatch(/^rtd: Line 2 has 4001 characters.*\n$/);
    expect((await stored()).filter(({ senderId }) => senderId === 'long').map(({ content }) => content)).toEqual([
      'before',
    ]);
  });

  test('--to reaches one user, and --conversation a conversation', async () => {
    const direct = await rtd(['send', 'psst', '--to', 'bob', '--name', 'alice', '--json'], { env });
    const { conversationId } = ChatMessage.parse(documents(direct.stdout)[0]);
    expect(conversationId).not.toBe('global');
    expect((await stored(conversationId, 'bob')).map(({ content }) => content)).toEqual(['psst']);
    const more = await rtd(['send', 'more', '--conversation', conversationId, '--name', 'bob'], { env });
    expect(more.code).toBe(0);
    expect((await stored(conversationId)).map(({ content }) => content)).toEqual(['psst', 'more']);
  });

  test('a conversation that one is not in is refused with 1', async () => {
    const direct = await rtd(['send', 'secret', '--to', 'dave', '--name', 'carol', '--json'], { env });
    const { conversationId } = ChatMessage.parse(documents(direct.stdout)[0]);
    const { code, stderr } = await rtd(['send', 'hi', '--conversation', conversationId, '--name', 'mallory'], { env });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^rtd: [^\n]+\n$/);
    expect(await stored(conversationId, 'carol')).toHaveLength(1);
  });
});

describe('rtd history', () => {
  test('prints lines oldest first, and JSON exactly as stored', async () => {
    const all = await stored();
    const { code, stdout } = await rtd(['history', '--json', '--all'], { env });
    expect(code).toBe(0);
    expect(documents(stdout)).toEqual(all);
    const lines = (await rtd(['history', '--limit', '3'], { env })).stdout.trimEnd().split('\n');
    expect(lines).toHaveLength(3);
    expect(lines.at(-1)).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \S+: /);
  });

  test('--after and --before are places that one can go on from', async () => {
    const seqs = async (...words: string[]): Promise<number[]> => {
      const { stdout } = await rtd(['history', '--json', ...words], { env });
      return documents(stdout).map((document) => ChatMessage.parse(document).seq);
    };
    expect(await seqs('--after', '2', '--limit', '3')).toEqual([3, 4, 5]);
    expect(await seqs('--before', '5', '--limit', '2')).toEqual([3, 4]);
    expect(await seqs('--after', '2', '--before', '5')).toEqual([3, 4]);
  });

  test('a reader that has enough ends it quietly', async () => {
    const history = start(['history', '--all', '--json'], { env });
    history.child.stdout.destroy();
    expect(await history.ended).toMatchObject({ code: 0, stderr: '' });
  });
});

describe('rtd watch chat', () => {
  test('prints what is said as it is said, and 130 is Ctrl-C', async () => {
    await using watch = start(['watch', 'chat', '--json', '--last', '1'], { env });
    await watch.until(/\n/);
    await rtd(['send', 'did you hear?', '--name', 'alice'], { env });
    await watch.until(/"content":"did you hear\?"/);
    watch.child.kill('SIGINT');
    const { code, stdout, stderr } = await watch.ended;
    expect({ code, stderr }).toEqual({ code: 130, stderr: '' });
    expect(
      documents(stdout)
        .map((document) => ChatMessage.parse(document).content)
        .at(-1),
    ).toBe('did you hear?');
  });

  test('escapes and overrides that somebody sends do nothing to a terminal, as text and as JSON', async () => {
    await rtd(['send', 'red \u001b[31m \u009b2J \u202eevil', '--name', 'mallory'], { env });
    for (const words of [
      ['history', '--limit', '1'],
      ['history', '--limit', '1', '--json'],
    ]) {
      const { stdout } = await rtd(words, { env });
      // biome-ignore lint/suspicious/noControlCharactersInRegex: finding them is what the test is for
      expect(stdout.trimEnd()).not.toMatch(/[\x00-\x1f\x7f-\x9f\u202a-\u202e]/);
    }
  });

  test('| head -1 ends it, quietly', async () => {
    await using watch = start(['watch', 'chat', '--last', '1'], { env });
    await watch.until(/\n/);
    watch.child.stdout.destroy();
    await rtd(['send', 'for nobody', '--name', 'alice'], { env });
    expect(await watch.ended).toMatchObject({ code: 0, stderr: '' });
  });

  test('goes on behind a place', async () => {
    await using watch = start(['watch', 'chat', '--json', '--after', '2'], { env });
    const [, seq] = await watch.until(/"seq":(\d+)/);
    expect(seq).toBe('3');
  });

  test('a conversation that one may not read ends it with 1', async () => {
    const direct = await rtd(['send', 'secret', '--to', 'frank', '--name', 'erin', '--json'], { env });
    const { conversationId } = ChatMessage.parse(documents(direct.stdout)[0]);
    const { code, stdout, stderr } = await rtd(
      ['watch', 'chat', '--conversation', conversationId, '--name', 'mallory'],
      { env },
    );
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^rtd: [^\n]+\n$/);
  });
});

test('rtd chat without a terminal prints what is said and sends what it is given', async () => {
  await rtd(['send', 'said before', '--name', 'alice'], { env });
  const { code, stdout } = await rtd(['chat', '--name', 'plain'], { env, input: 'from a pipe\n' });
  expect(code).toBe(0);
  expect(stdout).toContain('alice in global: said before\n');
  expect((await stored()).at(-1)).toMatchObject({ senderId: 'plain', content: 'from a pipe' });
});
