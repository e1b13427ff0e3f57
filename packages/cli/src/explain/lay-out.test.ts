import fc from 'fast-check';
import { expect, test } from 'vitest';
import { layOut, wrap } from './lay-out.ts';
import type { Field, Step } from './step.ts';
import { withoutSecrets } from './step.ts';

function step(...fields: Field[]): Step {
  return { title: 'A step', clause: 'RFC 1, 2', note: 'A note.', direction: 'received', fields };
}

test('bytes at the left in eights, what they mean at the right, both aligned', () => {
  const lines = layOut(
    step(
      { bytes: Buffer.from('GET / HTTP/1.1'), meaning: 'one two three' },
      { bytes: Buffer.of(0x0d, 0x0a), meaning: 'end', clause: 'RFC 3' },
    ),
    4,
    { columns: 80, level: 0 },
  );
  expect(lines).toEqual([
    '',
    '4. A step  RFC 1, 2',
    '   A note.',
    '   ← 0000  47 45 54 20 2f 20 48 54  GET / HT  one two three',
    '     0008  54 50 2f 31 2e 31        TP/1.1',
    '   ← 000e  0d 0a                    ..        end  RFC 3',
  ]);
});

test('sixteen in a row where there is room', () => {
  const [, , , row] = layOut(step({ bytes: Buffer.alloc(16, 0x41), meaning: 'm' }), 1, { columns: 140, level: 0 });
  expect(row).toBe(`   ← 0000  ${'41 '.repeat(16)} ${'A'.repeat(16)}  m`);
});

test('more bytes than anybody reads are counted', () => {
  const lines = layOut(step({ bytes: Buffer.alloc(600), meaning: 'm' }, { bytes: Buffer.of(1), meaning: 'n' }), 1, {
    columns: 80,
    level: 0,
  });
  expect(lines.some((line) => line.includes('and 88 more'))).toBe(true);
  expect(lines.at(-1)).toContain('0258');
});

test('a law: no line of a wrapped text is too long, and none of its words is lost', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('a', 'b', ' ', 'é') }),
      fc.integer({ min: 20, max: 60 }),
      (text, width) => {
        const lines = wrap(text, width);
        for (const line of lines) expect(line.length).toBeLessThanOrEqual(width);
        expect(lines.join('').replaceAll(' ', '')).toBe(text.replaceAll(' ', ''));
      },
    ),
  );
});

test('secrets become asterisks of the same length, each time', () => {
  const bytes = Buffer.from('Bearer abc.def, abc.def');
  expect(withoutSecrets(bytes, ['abc.def', '']).toString()).toBe('Bearer *******, *******');
  expect(bytes.toString()).toContain('abc.def');
  expect(withoutSecrets(Buffer.from('a ****'), ['****']).toString()).toBe('a ****');
});
