import { expect, test } from 'vitest';
import { environmentFrom, Settings } from './settings.ts';

const settings = Settings.parse({
  url: 'http://own',
  user: 'me',
  token: 'own-token',
  'send-timeout': 60,
  profiles: { prod: { url: 'https://prod', token: 'prod-token' }, bare: { user: 'somebody' } },
});
const nothing = { profile: undefined, url: false };

test('settings are variables in another spelling, and the environment wins over them', () => {
  expect(environmentFrom(settings, {}, nothing)).toEqual({
    RTD_URL: 'http://own',
    RTD_USER: 'me',
    RTD_TOKEN: 'own-token',
    RTD_SEND_TIMEOUT: '60',
  });
  expect(environmentFrom(settings, { RTD_USER: 'you', RTD_SEND_TIMEOUT: '5' }, nothing)).toEqual({
    RTD_URL: 'http://own',
    RTD_TOKEN: 'own-token',
  });
});

test('a token goes to no other server than the one it stands beside', () => {
  expect(environmentFrom(settings, {}, { ...nothing, url: true })).not.toHaveProperty('RTD_TOKEN');
  expect(environmentFrom(settings, { RTD_URL: 'http://else' }, nothing)).not.toHaveProperty('RTD_TOKEN');
  expect(environmentFrom(settings, { RTD_PROFILE: 'prod', RTD_URL: 'http://else' }, nothing)).not.toHaveProperty(
    'RTD_TOKEN',
  );
  expect(environmentFrom(settings, {}, { ...nothing, profile: 'bare' })).not.toHaveProperty('RTD_TOKEN');
});

test('a profile that is asked for wins over the environment, one of the environment does not', () => {
  const env = { RTD_URL: 'http://else' };
  expect(environmentFrom(settings, env, { profile: 'prod', url: false })).toEqual({
    RTD_URL: 'https://prod',
    RTD_TOKEN: 'prod-token',
    RTD_SEND_TIMEOUT: '60',
  });
  expect(environmentFrom(settings, { ...env, RTD_PROFILE: 'prod' }, nothing)).toEqual({ RTD_SEND_TIMEOUT: '60' });
  expect(environmentFrom(Settings.parse({ ...settings, profile: 'prod' }), {}, nothing)).toMatchObject({
    RTD_URL: 'https://prod',
  });
});

test.each(['prud', 'constructor', '__proto__'])('the profile %s, which there is not, is refused', (profile) => {
  expect(() => environmentFrom(settings, {}, { profile, url: false })).toThrow(/no profile/);
});
