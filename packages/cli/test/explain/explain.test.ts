/** The exchange as it is printed against the bytes that a server sees and sends. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Hosted, host } from '../hosted.ts';
import { rtd, start, webServer } from '../running.ts';

let server: Hosted;
beforeAll(async () => {
  server = await host();
});
afterAll(() => server[Symbol.asyncDispose]());

interface ShownStep {
  readonly title: string;
  readonly sent: boolean;
  readonly received: boolean;
  /** All bytes of it that are on the wire, and those that are shown unmasked. */
  readonly wire: Buffer;
  readonly unmasked: Buffer;
  readonly text: string;
}

/** Reads back what was printed, and sees on the way that offsets count the bytes before them. */
function read(output: string): ShownStep[] {
  return output
    .split(/^\d+\. /m)
    .slice(1)
    .map((text) => {
      const parts = { wire: Buffer.alloc(0), unmasked: Buffer.alloc(0) };
      for (const line of text.split('\n')) {
        const row = /^ {3}[→← ] (\+?)([0-9a-f]{3,4}) {2}((?:[0-9a-f]{2} )+)/.exec(line);
        if (row === null) continue;
        const [, plus, offset = '', hex = ''] = row;
        const part = plus === '+' ? 'unmasked' : 'wire';
        expect(Number.parseInt(offset, 16)).toBe(parts[part].length);
        parts[part] = Buffer.concat([parts[part], Buffer.from(hex.replaceAll(' ', ''), 'hex')]);
      }
      return {
        ...parts,
        text,
        title: text.slice(0, text.indexOf('  ')),
        sent: text.includes('→ '),
        received: text.includes('← '),
      };
    });
}

async function explained(
  words: readonly string[],
  env: Record<string, string> = {},
): Promise<{ steps: ShownStep[]; stdout: string }> {
  const { code, stdout, stderr } = await rtd(['explain', ...words, '--url', server.url], { env });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return { steps: read(stdout), stdout };
}

test('--json: a document a step, with the bytes of the wire', async () => {
  const { code, stdout, stderr } = await rtd(['explain', 'ws', '--json', '--url', server.url]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const steps: { number: number; title: string; direction: string; fields: { bytes: string; meaning: string }[] }[] =
    stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
  expect(steps.map(({ number }) => number)).toEqual(steps.map((_, index) => index + 1));
  const request = steps.find(({ direction }) => direction === 'sent');
  const bytes = request?.fields.map((field) => Buffer.from(field.bytes, 'hex').toString()).join('');
  expect(bytes).toMatch(/^GET \/ws\S* HTTP\/1\.1\r\n(.+\r\n)+\r\n$/);
});

describe('rtd explain ws', () => {
  test('shows request and answer byte by byte, and the answer belongs to the request', async () => {
    const { steps } = await explained(['ws']);
    expect(steps.map(({ title }) => title)).toEqual([
      'TCP: a connection',
      'HTTP: a request to become a WebSocket',
      'HTTP: the answer',
      'Ping',
      'Pong',
      'Close',
      'Close, answered',
    ]);
    const request = steps[1]?.wire.toString('latin1') ?? '';
    expect(request).toMatch(/^GET \/ws-endpoint HTTP\/1\.1\r\nHost: .*\r\n\r\n$/s);
    const key = /^Sec-WebSocket-Key: (.*)\r$/m.exec(request)?.[1] ?? '';
    expect(Buffer.from(key, 'base64')).toHaveLength(16);
    // RFC 6455, section 1.3
    const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
    const answer = steps[2]?.wire.toString('latin1') ?? '';
    expect(answer).toMatch(/^HTTP\/1\.1 101 /);
    expect(answer).toContain(`Sec-WebSocket-Accept: ${accept}\r\n`);
    expect(steps[2]?.text).toContain('as it must be');
  });

  test('shows frames bit by bit, with and without a mask', async () => {
    const { steps } = await explained(['ws']);
    const [, , , ping, pong, close, answered] = steps;
    expect(ping?.wire[0]).toBe(0x89);
    expect(ping?.text).toContain('FIN 1');
    expect(ping?.unmasked.toString()).toBe('rtd explain');
    const mask = ping?.wire.subarray(2, 6) ?? Buffer.alloc(0);
    const shown = ping?.wire.subarray(6) ?? Buffer.alloc(0);
    expect(Buffer.from(shown.map((byte, index) => byte ^ (mask[index % 4] ?? 0))).toString()).toBe(
      'rtd explain'.slice(0, 8),
    );
    // Unmasked, the same payload, RFC 6455, 5.5.3.
    expect(pong?.wire).toEqual(Buffer.concat([Buffer.of(0x8a, 11), Buffer.from('rtd explain')]));
    expect(close?.unmasked).toEqual(Buffer.of(0x03, 0xe8));
    expect(answered?.wire).toEqual(Buffer.of(0x88, 0x02, 0x03, 0xe8));
  });

  test('every step says where it stands', async () => {
    const { steps } = await explained(['ws']);
    for (const { text } of steps) expect(text.split('\n')[0]).toMatch(/RFC \d{4}, \d/);
  });
});

test('rtd explain stomp goes from CONNECT to the close, and the message goes into a conversation of its own', async () => {
  const { steps } = await explained(['stomp', '--no-heart-beat']);
  expect(steps.map(({ title }) => title).slice(3)).toEqual(
    expect.arrayContaining(['CONNECT', 'CONNECTED', 'SUBSCRIBE', 'RECEIPT', 'SEND', 'MESSAGE', 'DISCONNECT', 'Close']),
  );
  const send = steps.find(({ title }) => title === 'SEND')?.unmasked.toString() ?? '';
  expect(send).toMatch(/^SEND\ndestination:\/app\/chat\.send\n.*\n\n\{.*\}\0$/s);
  expect(send).toContain('"conversationId":"rtd-explain.rtd-doctor"');
  const history = await fetch(`${server.url}/api/chat/history?conversationId=global`);
  expect(await history.json()).toMatchObject({ messages: [] });
  // A second run uses the same conversation.
  expect((await explained(['stomp', '--no-heart-beat'])).stdout).toContain('"seq":2');
});

test('rtd explain stomp waits for a heart-beat, which is one EOL in a frame', { timeout: 40_000 }, async () => {
  const { steps, stdout } = await explained(['stomp']);
  expect(stdout).toContain('waiting for a heart-beat');
  expect(steps.find(({ title }) => title === 'A heart-beat')?.wire).toEqual(Buffer.of(0x81, 0x01, 0x0a));
});

test('rtd explain sse shows chunks and the lines in them', async () => {
  const { steps } = await explained(['sse', '--timeout', '1']);
  const pieces = steps.filter(({ title }) => title.startsWith('The stream')).map(({ wire }) => wire.toString());
  expect(pieces[0]).toMatch(/^[0-9a-f]+\r\nretry: 2000\n/);
  expect(pieces.join('')).toContain('event: connected\ndata: {');
  for (const piece of pieces) {
    const [, size = '', body = ''] = /^([0-9a-f]+)\r\n(.*)\r\n$/s.exec(piece) ?? [];
    expect(Buffer.byteLength(body)).toBe(Number.parseInt(size, 16));
  }
});

test('colours only where they are wanted', async () => {
  const sequence = '\x1b[';
  // Whether there are colours is found out once a process.
  const written = async (env: Record<string, string>): Promise<string> =>
    (await start(['explain', 'ws', '--url', server.url], { env }).ended).stdout;
  expect(await written({})).not.toContain(sequence);
  expect(await written({ FORCE_COLOR: '1' })).toContain(sequence);
  expect(await written({ FORCE_COLOR: '1', NO_COLOR: '1' })).not.toContain(sequence);
});

test('what a server sends cannot steer the terminal', async () => {
  const sockets = new Set<Socket>();
  const hostile = createServer((socket) => {
    sockets.add(socket);
    socket.once('data', () => socket.write('HTTP/1.1 200 \x1b]0;owned\x07\r\nx-note: \x1b[2J\u009b2J\r\n\r\n'));
  });
  await once(hostile.listen(0, '127.0.0.1'), 'listening');
  const address = hostile.address();
  try {
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const { stdout } = await rtd(['explain', 'ws', '--url', `http://127.0.0.1:${port}`]);
    expect(stdout).toContain('1b 5d 30');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that there is none is the point
    expect(stdout).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f]/);
  } finally {
    for (const socket of sockets) socket.destroy();
    hostile.close();
  }
});

test('a server that refuses shows its answer, and who to ask', async () => {
  await using other = await webServer();
  const { code, stdout } = await rtd(['explain', 'ws', '--url', other.url]);
  expect(code).toBe(0);
  expect(stdout).toContain('HTTP/1.1 200 OK');
  expect(stdout).toContain('"rtd doctor --only ws" finds out');
});

test.each([
  [['explain', 'ws', '--url', 'http://127.0.0.1:49151'], 1, /ECONNREFUSED.*rtd doctor/],
  [['explain', 'wss'], 2, /ws, stomp, sse/],
  [['explain'], 2, /what/],
] as const)('rtd %j: exit code %i', async (words, exitCode, says) => {
  const { code, stderr, stdout } = await rtd(words);
  expect({ code, stdout }).toEqual({ code: exitCode, stdout: '' });
  expect(stderr).toMatch(/^rtd: [^\n]+\n$/);
  expect(stderr).toMatch(says);
});
