import { describe, expect, test } from 'vitest';
import { complaintsAbout, type KnownCommand } from './rtd-commands.ts';

const commands: readonly KnownCommand[] = [
  { words: 'replay', options: new Set(['--speed', '--json']) },
  { words: 'replay market', options: new Set(['--symbols', '--json']) },
  { words: 'bench fanout', options: new Set(['--rate', '-r']) },
  { words: 'send', options: new Set(['--to']) },
];

describe('what there is, is no cause for complaint', () => {
  test.each([
    'rtd',
    'rtd --version',
    'rtd <command> --help',
    'npx rtd replay --speed=10x --json > all.ndjson',
    'rtd replay market --symbols BTC',
    'rtd bench',
    'rtd bench --rate 5 -r 5',
    'tail -f log | rtd send - --to ann',
    'RTD_TOKEN=$(npx rtd send x) npx rtd send y',
    'rtd send "rtd --nothing is only text"',
    'ACL SETUSER rtd +@pubsub',
    'rtd-server --port 1; /opt/rtd/bin --x; alias rtd=x',
  ])('%s', (line) => {
    expect(complaintsAbout(line, commands)).toEqual([]);
  });
});

test.each([
  ['npx rtd reply', 'there is no command rtd reply'],
  ['rtd bench fanin', 'there is no command rtd bench fanin'],
  ['rtd replay market --speed 1', 'rtd replay market has no option --speed'],
  ['rtd bench --to x', 'rtd bench has no option --to'],
  ['rtd --verbose', 'rtd has no option --verbose'],
  ['echo x | RTD_URL=y rtd send --from ann', 'rtd send has no option --from'],
  ['eval "$(rtd upp)"', 'there is no command rtd upp'],
])('%s: %s', (line, complaint) => {
  expect(complaintsAbout(line, commands)).toEqual([complaint]);
});
