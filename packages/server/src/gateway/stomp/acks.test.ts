import { expect, it } from 'vitest';
import { parseAckMode, UnackedMessages } from './acks.ts';

function sent(mode: 'client' | 'client-individual'): UnackedMessages<string> {
  const unacked = new UnackedMessages<string>(mode);
  for (const id of ['a', 'b', 'c']) unacked.add(id, `message ${id}`);
  return unacked;
}

it('client: everything that was sent up to it', () => {
  const unacked = sent('client');
  expect(unacked.take('b')).toEqual(['message a', 'message b']);
  expect([unacked.has('a'), unacked.has('b'), unacked.has('c'), unacked.count]).toEqual([false, false, true, 1]);
});

it('client-individual: it alone', () => {
  const unacked = sent('client-individual');
  expect(unacked.take('b')).toEqual(['message b']);
  expect([unacked.has('a'), unacked.has('b'), unacked.has('c'), unacked.count]).toEqual([true, false, true, 2]);
});

it('what is not unacknowledged is nothing, and changes nothing', () => {
  for (const mode of ['client', 'client-individual'] as const) {
    const unacked = sent(mode);
    expect(unacked.take('d')).toEqual([]);
    unacked.take('a');
    expect(unacked.take('a')).toEqual([]);
    expect(unacked.count).toBe(2);
  }
});

it('the modes are those of the specification, auto where none is named', () => {
  expect([undefined, 'auto', 'client', 'client-individual'].map(parseAckMode)).toEqual([
    'auto',
    'auto',
    'client',
    'client-individual',
  ]);
  for (const mode of ['', 'Auto', 'individual'])
    expect(() => parseAckMode(mode)).toThrow(/auto, client, client-individual/);
});
