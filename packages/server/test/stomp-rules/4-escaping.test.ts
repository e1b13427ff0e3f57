/** STOMP rules 25 to 30: how headers are written, in each version. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { RawClient } from './raw-client.ts';
import { chat, RuleServer, SINCE_1_1, subscribed, VERSIONS, type Version } from './rule-server.ts';

let server: RuleServer;
beforeAll(async () => {
  server = await RuleServer.start();
});
afterEach(() => server.cutClients());
afterAll(() => server.stop());

async function listener(version: Version): Promise<RawClient> {
  return subscribed(await server.connect(version), '/topic/messages');
}

/** The line of the header `x-note` as each version gets it that was sent, as written here, by a client of `version`. */
async function delivered(version: Version, line: string): Promise<Record<Version, string | undefined>> {
  const sender = await server.connect(version);
  const [one, two, three] = await Promise.all(VERSIONS.map(listener));
  sender.send(chat('note', line));
  const note = async (client: RawClient | undefined): Promise<string | undefined> => {
    const frame = await client?.nextOf('MESSAGE');
    return frame?.raw.split('\n').find((header) => header.startsWith('x-note:'));
  };
  return { '1.0': await note(one), '1.1': await note(two), '1.2': await note(three) };
}

it('rule 25: 1.0 has no escapes: a backslash is a backslash', async () => {
  expect(await delivered('1.0', 'x-note:a\\nb\\t')).toEqual({
    '1.0': 'x-note:a\\nb\\t',
    '1.1': 'x-note:a\\\\nb\\\\t',
    '1.2': 'x-note:a\\\\nb\\\\t',
  });
});

describe('rule 26: 1.1 has \\n, \\c and \\\\', () => {
  it('they are understood', async () => {
    const lines = await delivered('1.1', 'x-note:a\\nb\\cc\\\\d');
    expect(lines['1.1']).toBe('x-note:a\\nb\\cc\\\\d');
    expect(lines['1.2']).toBe('x-note:a\\nb\\cc\\\\d');
  });

  it.each(['\\r', '\\t', '\\x', '\\N', '\\'])('any other is fatal: %s', async (sequence) => {
    const client = await server.connect('1.1');
    client.send(chat('x', `x-note:a${sequence}`));
    await client.errorThenClose();
  });
});

describe('rule 27: 1.2 has those and \\r', () => {
  it('they are understood', async () => {
    const lines = await delivered('1.2', 'x-note:a\\nb\\cc\\\\d\\re');
    expect(lines['1.2']).toBe('x-note:a\\nb\\cc\\\\d\\re');
  });

  it.each(['\\t', '\\x', '\\R', '\\'])('any other is fatal: %s', async (sequence) => {
    const client = await server.connect('1.2');
    client.send(chat('x', `x-note:a${sequence}`));
    await client.errorThenClose();
  });

  it('in names too', async () => {
    const client = await server.connect('1.2');
    client.send(chat('x', 'x-\\t:a'));
    await client.errorThenClose();
  });
});

it('rule 28: a header is written for the version that receives it; what that cannot encode never goes out raw', async () => {
  expect(await delivered('1.2', 'x-note:a\\cb\\nc\\rd\\\\e')).toEqual({
    '1.0': 'x-note:a:b c d\\e',
    '1.1': 'x-note:a\\cb\\nc d\\\\e',
    '1.2': 'x-note:a\\cb\\nc\\rd\\\\e',
  });
});

it.each(SINCE_1_1)('rule 29: %s never trims nor pads a value', async (version) => {
  const lines = await delivered(version, 'x-note:  two before, two after  ');
  expect(lines['1.1']).toBe('x-note:  two before, two after  ');
  expect(lines['1.2']).toBe('x-note:  two before, two after  ');
});

it.each(VERSIONS)('rule 30: of a repeated header the first one counts, in %s', async (version) => {
  const client = await listener(version);
  client.send(chat('first', 'x-note:one', 'x-note:two', 'destination:/nowhere', 'receipt:r'));
  const message = await client.nextOf('MESSAGE');
  expect(message.raw.match(/x-note:.*/g)).toEqual(['x-note:one']);
  expect((await client.nextOf('RECEIPT')).headers['receipt-id']).toBe('r');
});
