/** At a STOMP server that is none of ours everything of STOMP is looked at, and what only ours have is skipped. */
import { expect, test } from 'vitest';
import { examine } from './examined.ts';
import { foreignBroker } from './foreign-broker.ts';

const GUEST = { RTD_LOGIN: 'guest', RTD_PASSCODE: 'guest-secret' };

test('all is well there', async () => {
  await using broker = await foreignBroker({ login: 'guest', passcode: 'guest-secret' });
  const { code, failed, passed, report, check, text } = await examine(['--url', broker.url, '--vhost', '/'], {
    env: GUEST,
  });
  expect({ code, failed, server: report.server }).toEqual({ code: 0, failed: [], server: 'other' });
  for (const id of ['ws-upgrade', 'ws-subprotocol', 'ws-frames', 'stomp-connect', 'heart-beat', 'stomp-receipt'])
    expect(passed).toContain(id);
  for (const id of ['health', 'readyz', 'token', 'sse', 'sse-buffering', 'sockjs', 'polling'])
    expect(check(id).status).toBe('skip');
  expect(check('stomp-receipt').evidence.asked).toMatch(/SEND \/topic\/rtd-doctor-\w+/);
  expect(broker.connects[0]?.get('host')).toBe('/');
  expect(broker.connects[0]?.has('device')).toBe(false);
  expect(text).not.toContain('guest-secret');
});

test('the destination can be named, and headers of CONNECT and of the handshake', async () => {
  await using broker = await foreignBroker({ login: 'guest', passcode: 'guest-secret' });
  const words = ['--only', 'stomp-receipt', '--destination', '/queue/mine', '--header', 'host:/'];
  const { check } = await examine(['--url', broker.url, ...words, '--http-header', 'cookie: session=7'], {
    env: GUEST,
  });
  expect(broker.cookies).toEqual(['session=7']);
  expect(broker.connects.map((headers) => headers.get('host'))).toEqual(['/']);
  expect(check('stomp-receipt')).toMatchObject({
    status: 'pass',
    evidence: { asked: expect.stringContaining('SEND /queue/mine') },
  });
});

test('a wrong passcode: stomp-connect fails, and nothing else', async () => {
  await using broker = await foreignBroker({ login: 'guest', passcode: 'guest-secret' });
  const { failed, check, text } = await examine(['--url', broker.url], {
    env: { ...GUEST, RTD_PASSCODE: 'wrong-secret' },
  });
  expect(failed).toEqual(['stomp-connect']);
  expect(check('stomp-connect').evidence.answered).toBe('ERROR: Bad CONNECT: Access refused');
  expect(text).not.toContain('wrong-secret');
});

test('one without heart-beats is warned of', async () => {
  await using broker = await foreignBroker({ login: 'guest', passcode: 'guest-secret', heartBeats: false });
  const { code, warned } = await examine(['--url', broker.url, '--only', 'heart-beat'], { env: GUEST });
  expect({ code, warned }).toEqual({ code: 0, warned: ['heart-beat'] });
});

test('one without receipts delivers all the same, and is warned of', async () => {
  await using broker = await foreignBroker({ login: 'guest', passcode: 'guest-secret', receipts: false });
  const { code, warned, check } = await examine(['--url', broker.url, '--only', 'stomp-receipt'], { env: GUEST });
  expect({ code, warned }).toEqual({ code: 0, warned: ['stomp-receipt'] });
  expect(check('stomp-receipt').evidence.answered).toMatch(/^RECEIPT did not come, MESSAGE after/);
});

test('one that wants the name of a virtual host: the command that gives it', async () => {
  await using broker = await foreignBroker({ login: 'guest', passcode: 'guest-secret', virtualHost: '/' });
  const { failed, check } = await examine(['--url', broker.url, '--only', 'stomp'], { env: GUEST });
  expect(failed).toEqual(['stomp-connect']);
  expect(check('stomp-connect').fix).toBe(`rtd doctor --url ${broker.url} --vhost /`);
});

test('over bare TCP: all of STOMP, and nothing of HTTP', async () => {
  await using broker = await foreignBroker({ login: 'guest', passcode: 'guest-secret' });
  const { code, report, passed, check } = await examine(['--url', broker.bareUrl, '--timeout', '1'], { env: GUEST });
  expect({ code, url: report.url }).toEqual({ code: 0, url: broker.bareUrl });
  for (const id of ['tcp', 'stomp-connect', 'heart-beat', 'stomp-receipt']) expect(passed).toContain(id);
  for (const id of ['http', 'clock-skew', 'ws-upgrade', 'ws-frames', 'origin', 'sse', 'sockjs'])
    expect(check(id).status).toBe('skip');
});

test('a path at which there is no WebSocket', async () => {
  await using broker = await foreignBroker({ login: 'guest', passcode: 'guest-secret' });
  const { failed } = await examine(['--url', broker.url.replace('/stomp', '/nothing'), '--only', 'network,websocket'], {
    env: GUEST,
  });
  expect(failed).toEqual(['ws-upgrade']);
});

test('no path at all: the one at which there is a WebSocket is looked for', async () => {
  await using broker = await foreignBroker({ login: 'guest', passcode: 'guest-secret' });
  const address = broker.url.replace(/^ws/, 'http').replace('/stomp', '');
  const { failed, check } = await examine(['--url', address, '--only', 'websocket'], { env: GUEST });
  expect(failed).toEqual(['ws-upgrade']);
  expect(check('ws-upgrade').fix).toBe(`rtd doctor --url ${broker.url}`);
});
