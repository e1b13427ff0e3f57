import { expect, test } from 'vitest';
import { type NamedFlag, nameVariables } from './variables.ts';

test('a flag that several commands share is a variable of each of them', () => {
  const shared: NamedFlag = { description: 'how many' };
  const first = { connections: shared };
  const second = { connections: shared };
  nameVariables('bench fanout', first);
  nameVariables('bench storm', second);
  expect(first.connections.env).toBe('RTD_BENCH_FANOUT_CONNECTIONS');
  expect(second.connections.env).toBe('RTD_BENCH_STORM_CONNECTIONS');
});

test('a flag that has a name of its own, or whose command reads the variable itself, keeps it', () => {
  const flags: Record<string, NamedFlag> = {
    url: { env: 'RTD_URL' },
    port: { description: 'port [RTD_PORT, default: 8080]' },
  };
  nameVariables('serve', flags);
  expect(flags).toEqual({ url: { env: 'RTD_URL' }, port: { description: 'port [RTD_PORT, default: 8080]' } });
});
