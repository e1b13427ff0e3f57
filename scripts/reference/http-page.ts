import { z } from 'zod';
import { MADE, table } from './table.ts';

const Schema = z.object({ type: z.unknown(), enum: z.array(z.unknown()).optional(), default: z.unknown() }).partial();
const Operation = z.object({
  summary: z.string(),
  parameters: z
    .array(z.object({ name: z.string(), in: z.string(), required: z.boolean().optional(), schema: Schema.optional() }))
    .optional(),
  requestBody: z.object({ content: z.record(z.string(), z.unknown()) }).optional(),
  responses: z.record(z.string(), z.object({ description: z.string() })),
});
const Document = z.object({ paths: z.record(z.string(), z.record(z.string(), Operation)) });

export function httpPage(openApi: unknown): string {
  const { paths } = Document.parse(openApi);
  const sections = Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => section(method, path, operation)),
  );
  return `# HTTP

${MADE}

A running server tells the same, with every schema, at \`/openapi.json\` (OpenAPI 3.1). Who asks says who they are with
\`Authorization: Bearer …\`; where auth is open, with \`X-User-Id\`. An unknown query value is an error, never ignored.

${sections.join('\n\n')}
`;
}

function section(method: string, path: string, operation: z.infer<typeof Operation>): string {
  const parts = [`## ${method.toUpperCase()} ${path}`, operation.summary];
  const { parameters = [], requestBody, responses } = operation;
  if (parameters.length > 0) {
    const rows = parameters.map((each) => [
      `\`${each.name}\``,
      each.in,
      each.required === true ? 'required' : '',
      about(each.schema),
    ]);
    parts.push(table(['parameter', 'in', '', 'takes'], rows));
  }
  if (requestBody !== undefined) parts.push(`Body: ${Object.keys(requestBody.content).join(' or ')}.`);
  parts.push(
    Object.entries(responses)
      .map(([status, { description }]) => `- **${status}** ${description}`)
      .join('\n'),
  );
  return parts.join('\n\n');
}

function about(schema: z.infer<typeof Schema> | undefined): string {
  if (schema === undefined) return '';
  const kind = schema.enum === undefined ? String(schema.type ?? 'text') : schema.enum.join(', ');
  return schema.default === undefined ? kind : `${kind}; default ${JSON.stringify(schema.default)}`;
}
