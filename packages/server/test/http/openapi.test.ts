import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ask, sharedServer } from '../server/test-server.ts';

const Schema = z.record(z.string(), z.unknown());
const Operation = z.object({
  operationId: z.string(),
  summary: z.string().min(10),
  parameters: z.array(
    z.object({ name: z.string(), in: z.enum(['path', 'query']), required: z.boolean(), schema: Schema }),
  ),
  requestBody: z.object({ content: z.record(z.string(), z.object({ schema: Schema })) }).optional(),
  responses: z.record(
    z.string().regex(/^\d{3}$/),
    z.object({
      description: z.string().min(1),
      content: z.record(z.string(), z.object({ schema: Schema.optional() })).optional(),
    }),
  ),
});
const Document = z.object({
  openapi: z.literal('3.1.0'),
  info: z.object({ title: z.string(), version: z.string() }),
  paths: z.record(z.string(), z.record(z.string(), Operation)),
  components: z.object({ schemas: z.record(z.string(), Schema) }),
});

/** The paths of the contract, section 1. */
const CONTRACT = [
  'get /ws-endpoint',
  'get /ws',
  'get /stream',
  'get /api/chat/history',
  'post /api/chat/messages',
  'get /api/chat/poll',
  'get /api/conversations',
  'post /api/conversations',
  'put /api/conversations/{id}/members/{userId}',
  'delete /api/conversations/{id}/members/{userId}',
  'post /api/admin/revoke',
  'get /api/presence',
  'get /api/market/snapshot',
  'get /api/market/candles',
  'get /api/market/poll',
  'post /api/market/ticks',
  'get /api/websocket/health',
  'get /healthz',
  'get /readyz',
  'get /metrics',
  'get /openapi.json',
];

describe('/openapi.json', () => {
  const server = sharedServer();
  const document = async () => Document.parse((await ask(server(), '/openapi.json')).json());
  const operations = async () =>
    Object.entries((await document()).paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
    );

  it('has every path of the contract, and no other', async () => {
    const found = (await operations()).map(({ path, method }) => `${method} ${path}`);
    expect(found.sort()).toEqual(CONTRACT.sort());
  });

  it('names every operation once', async () => {
    const ids = (await operations()).map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('refers only to schemas that are there', async () => {
    const { components } = await document();
    const text = (await ask(server(), '/openapi.json')).text;
    const names = [...text.matchAll(/"\$ref":"([^"]+)"/g)].map((match) => match[1]);
    expect(names.length).toBeGreaterThan(10);
    for (const name of names)
      expect(Object.keys(components.schemas)).toContain(name?.replace('#/components/schemas/', ''));
  });

  it('has a parameter for every brace in a path', async () => {
    for (const { path, operation } of await operations()) {
      const named = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
      expect(operation.parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name)).toEqual(
        named,
      );
    }
  });

  it('tells the limits that the server keeps', async () => {
    const { paths } = await document();
    const parameters = paths['/api/chat/history']?.get?.parameters;
    expect(parameters?.find(({ name }) => name === 'limit')).toMatchObject({
      required: false,
      schema: { type: 'integer', minimum: 1, maximum: 500, default: 50 },
    });
    expect(paths['/api/market/candles']?.get?.parameters).toContainEqual(
      expect.objectContaining({ name: 'symbol', required: true }),
    );
  });

  it('is true: every documented route answers, with a status and a type that it says', async () => {
    for (const { path, method, operation } of await operations()) {
      if (path === '/stream') continue;
      const query = operation.parameters.filter((each) => each.in === 'query' && each.required);
      const search = new URLSearchParams(Object.fromEntries(query.map(({ name }) => [name, 'BTC'])));
      // A poll without `wait=0` would hold the test up.
      if (path.endsWith('/poll')) search.set('wait', '0');
      const filled = path.replaceAll(/\{\w+\}/g, 'nobody');
      const body = operation.requestBody === undefined ? undefined : '{}';
      const answer = await ask(server(), `${filled}?${search}`, { method: method.toUpperCase(), body });
      expect(Object.keys(operation.responses), `${method} ${path}`).toContain(String(answer.status));
      expect([404, 405, 500]).not.toContain(
        operation.parameters.some((each) => each.in === 'path') ? 0 : answer.status,
      );
      const types = Object.keys(operation.responses[answer.status]?.content ?? {});
      const type = answer.headers['content-type']?.split(';')[0];
      expect(types, `${method} ${path} answered ${answer.status}`).toEqual(type === undefined ? [] : [type]);
    }
  });
});
