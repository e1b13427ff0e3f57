import { expect, it } from 'vitest';
import { NOON, tick } from '../../test/messages.ts';
import { afterTicks, parseAlert } from './alerts.ts';

it.each([
  ['BTC > 70000', { symbol: 'BTC', when: '>', price: 70_000, rangAt: undefined }],
  ['btc<1,000.5', { symbol: 'BTC', when: '<', price: 1_000.5, rangAt: undefined }],
  ['BTC >= 70k', { symbol: 'BTC', when: '>', price: 70_000, rangAt: undefined }],
  ['BTC', undefined],
  ['BTC > soon', undefined],
  ['BTC > 0', undefined],
])('%s', (text, alert) => {
  expect(parseAlert(text)).toEqual(alert);
});

it('rings once, for its symbol, past its price', () => {
  const alerts = [parseAlert('BTC > 100'), parseAlert('BTC < 50')].filter((alert) => alert !== undefined);
  expect(afterTicks(alerts, [tick('BTC', 100), tick('ETH', 200)], NOON)).toBe(alerts);
  const rang = afterTicks(alerts, [tick('BTC', 101)], NOON);
  expect(rang.map(({ rangAt }) => rangAt)).toEqual([NOON, undefined]);
  expect(afterTicks(rang, [tick('BTC', 102)], NOON + 1)).toBe(rang);
});
