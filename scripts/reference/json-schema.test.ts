import { expect, test } from 'vitest';
import { inWords, type JsonSchema } from './json-schema.ts';

const cases: readonly (readonly [JsonSchema, string])[] = [
  [{ type: 'integer', minimum: 1, maximum: 500, default: 50 }, 'integer, 1 to 500; default 50'],
  [{ type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER }, 'integer, 0 or more'],
  [{ type: 'number', exclusiveMinimum: 0 }, 'number, over 0'],
  [{ type: 'array', items: { $ref: '#/components/schemas/Tick' }, maxItems: 9 }, 'array of [Tick](#tick), 9 at most'],
  [{ anyOf: [{ $ref: '#/components/schemas/ChatMessage' }, { type: 'null' }] }, '[ChatMessage](#chatmessage) or null'],
  [{ type: ['string', 'null'] }, 'text or null'],
  [{ type: 'string', enum: ['group', 'public'] }, '`group`, `public`'],
  [{ type: 'string', const: 'UP' }, '`UP`'],
  [{ type: 'string', format: 'date-time', pattern: '^.*$' }, 'time (ISO 8601)'],
  [{ type: 'string', pattern: '^[\\p{L}\\p{M}\\p{N}._\\-:@]{1,64}$' }, 'id'],
  [{ type: 'string', pattern: '^[^\\p{Cc}]{1,64}$' }, 'text, 1 to 64 characters'],
  [{ type: 'object', properties: { code: { type: 'string' }, message: { type: 'string' } } }, '{code, message}'],
];

test.each(cases)('%j: %s', (schema, words) => {
  expect(inWords(schema)).toBe(words);
});
