/** What a JSON Schema takes, in as few words as a table has room for. */
import { z } from 'zod';

export interface JsonSchema {
  readonly $ref?: string | undefined;
  readonly type?: string | readonly string[] | undefined;
  readonly const?: unknown;
  readonly enum?: readonly unknown[] | undefined;
  readonly anyOf?: readonly JsonSchema[] | undefined;
  readonly items?: JsonSchema | undefined;
  readonly properties?: Readonly<Record<string, JsonSchema>> | undefined;
  readonly required?: readonly string[] | undefined;
  readonly format?: string | undefined;
  readonly pattern?: string | undefined;
  readonly default?: unknown;
  readonly minimum?: number | undefined;
  readonly exclusiveMinimum?: number | undefined;
  readonly maximum?: number | undefined;
  readonly minLength?: number | undefined;
  readonly maxLength?: number | undefined;
  readonly maxItems?: number | undefined;
}

export const JsonSchema: z.ZodType<JsonSchema> = z.lazy(() =>
  z.object({
    $ref: z.string().optional(),
    type: z.union([z.string(), z.array(z.string())]).optional(),
    const: z.unknown().optional(),
    enum: z.array(z.unknown()).optional(),
    anyOf: z.array(JsonSchema).optional(),
    items: JsonSchema.optional(),
    properties: z.record(z.string(), JsonSchema).optional(),
    required: z.array(z.string()).optional(),
    format: z.string().optional(),
    pattern: z.string().optional(),
    default: z.unknown().optional(),
    minimum: z.number().optional(),
    exclusiveMinimum: z.number().optional(),
    maximum: z.number().optional(),
    minLength: z.number().optional(),
    maxLength: z.number().optional(),
    maxItems: z.number().optional(),
  }),
);

/** `integer, 1 to 500; default 50`, `array of [Tick](#tick)`. Schemas with a name are links to the section of it. */
export function inWords(schema: JsonSchema): string {
  return schema.default === undefined ? kindOf(schema) : `${kindOf(schema)}; default ${String(schema.default)}`;
}

function kindOf(schema: JsonSchema): string {
  const { $ref, anyOf, items, properties, maxItems } = schema;
  if ($ref !== undefined) {
    const name = $ref.replace(/^.*\//, '');
    return `[${name}](#${name.toLowerCase()})`;
  }
  if (schema.const !== undefined) return `\`${String(schema.const)}\``;
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${String(value)}\``).join(', ');
  if (anyOf !== undefined) return anyOf.map(kindOf).join(' or ');
  if (items !== undefined) return `array of ${kindOf(items)}${maxItems === undefined ? '' : `, ${maxItems} at most`}`;
  if (properties !== undefined) return `{${Object.keys(properties).join(', ')}}`;
  const types = [schema.type ?? 'text'].flat();
  return types.map((type) => (type === 'string' ? textOf(schema) : `${type}${rangeOf(schema)}`)).join(' or ');
}

function textOf({ format, pattern, minLength, maxLength }: JsonSchema): string {
  if (format === 'date-time') return 'time (ISO 8601)';
  if (pattern?.includes('._\\-:@') === true) return 'id';
  const most = maxLength ?? /\{1,(\d+)\}\$$/.exec(pattern ?? '')?.[1];
  if (most !== undefined) return `text, ${minLength ?? 1} to ${most} characters`;
  return minLength === undefined ? 'text' : 'text, not empty';
}

/** The limits of what a number can be at all say nothing. */
function rangeOf({ minimum, exclusiveMinimum, maximum }: JsonSchema): string {
  const from = minimum === undefined || minimum === Number.MIN_SAFE_INTEGER ? undefined : minimum;
  const to = maximum === undefined || maximum === Number.MAX_SAFE_INTEGER ? undefined : maximum;
  if (exclusiveMinimum !== undefined) return `, over ${exclusiveMinimum}`;
  if (from !== undefined && to !== undefined) return `, ${from} to ${to}`;
  if (to !== undefined) return `, ${to} at most`;
  return from === undefined ? '' : `, ${from} or more`;
}
