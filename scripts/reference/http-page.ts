import { z } from 'zod';
import { inWords, JsonSchema } from './json-schema.ts';
import { MADE, table } from './table.ts';

const Content = z.record(z.string(), z.object({ schema: JsonSchema.optional() }));
const Operation = z.object({
  summary: z.string(),
  parameters: z
    .array(
      z.object({
        name: z.string(),
        in: z.string(),
        required: z.boolean().optional(),
        description: z.string().optional(),
        schema: JsonSchema.optional(),
      }),
    )
    .optional(),
  requestBody: z.object({ content: Content }).optional(),
  responses: z.record(z.string(), z.object({ description: z.string(), content: Content.optional() })),
});
const Document = z.object({
  paths: z.record(z.string(), z.record(z.string(), Operation)),
  components: z.object({ schemas: z.record(z.string(), JsonSchema) }),
});

/** Errors that any request may be answered with. */
const ALWAYS = new Set(['400 VALIDATION', '500 INTERNAL']);

export function httpPage(openApi: unknown): string {
  const { paths, components } = Document.parse(openApi);
  const sections = Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => section(method, path, operation)),
  );
  const schemas = Object.entries(components.schemas).map(([name, schema]) => `### ${name}\n\n${fieldsOf(schema)}`);
  return `# HTTP

${MADE}

A running server tells the same at \`/openapi.json\` (OpenAPI 3.1). Who asks says who they are with \`Authorization: Bearer …\`;
where auth is open, with \`X-User-Id\`. An unknown query value is an error, never ignored. Any request may be answered with
${[...ALWAYS].map((error) => `**${error}**`).join(' and ')}; what an error's code means is in [error codes](errors.md).

${sections.join('\n\n')}

## What is in them

An *id*, also of a user, a conversation or a symbol, has 1 to 64 letters, digits, or \`.\` \`_\` \`-\` \`:\` \`@\`. Fields that are not
known are ignored.

${schemas.join('\n\n')}
`;
}

function section(method: string, path: string, operation: z.infer<typeof Operation>): string {
  const parts = [`## ${method.toUpperCase()} ${path}`, operation.summary];
  const { parameters = [], requestBody, responses } = operation;
  if (parameters.length > 0) {
    const rows = parameters.map((each) => [
      `\`${each.name}\``,
      each.in === 'query' && each.required === true ? 'query, required' : each.in,
      each.schema === undefined ? '' : inWords(each.schema),
      each.description ?? '',
    ]);
    parts.push(table(['parameter', 'in', 'takes', 'what'], rows));
  }
  if (requestBody !== undefined) parts.push(`Body: ${contentOf(requestBody.content)}.`);
  const answers = Object.entries(responses).map(([status, { description, content = {} }]) => ({
    good: Number(status) < 400,
    text: `${status} ${description}`,
    line: `- **${status}** ${description}${namesSchema(content) ? `: ${contentOf(content)}` : ''}`,
  }));
  const errors = answers.filter(({ good, text }) => !good && !ALWAYS.has(text)).map(({ text }) => text);
  parts.push(
    [
      ...answers.filter(({ good }) => good).map(({ line }) => line),
      ...(errors.length === 0 ? [] : [`- Errors: ${errors.join(', ')}`]),
    ].join('\n'),
  );
  return parts.join('\n\n');
}

function namesSchema(content: z.infer<typeof Content>): boolean {
  return Object.values(content).some(({ schema }) => schema?.$ref !== undefined || schema?.items !== undefined);
}

function contentOf(content: z.infer<typeof Content>): string {
  return Object.entries(content)
    .map(([type, { schema }]) =>
      schema === undefined || Object.keys(schema).length === 0 ? type : `${inWords(schema)} as ${type}`,
    )
    .join(', or ');
}

function fieldsOf({ properties = {}, required = [] }: JsonSchema): string {
  const rows = Object.entries(properties).map(([name, schema]) => [
    `\`${name}\`${required.includes(name) ? '' : '?'}`,
    inWords(schema),
  ]);
  return table(['field', ''], rows);
}
