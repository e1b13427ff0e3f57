/** `/openapi.json`: OpenAPI 3.1, made from the routes and the schemas that they parse with. Nothing is written twice. */
import {
  Candle,
  ChatMessage,
  ConversationSend,
  ConversationSummary,
  ERRORS,
  type ErrorCode,
  Health,
  HistoryPage,
  HttpErrorBody,
  MarketPoll,
  NewConversation,
  Tick,
  TickInput,
  TicksAccepted,
} from '@rtd/protocol';
import { z } from 'zod';
import type { DescribedAnswer, RouteDescription } from './route.ts';
import { Revocation } from './routes/admin-routes.ts';
import { PresenceEntry } from './routes/presence-routes.ts';

/** Schemas that have a name of their own in the document; every other is written where it stands. */
const COMPONENTS: Readonly<Record<string, z.ZodType>> = {
  Candle,
  ChatMessage,
  ConversationSend,
  ConversationSummary,
  Error: HttpErrorBody,
  Health,
  HistoryPage,
  MarketPoll,
  NewConversation,
  PresenceEntry,
  Revocation,
  Tick,
  TickInput,
  TicksAccepted,
};

/** JSON, as far as the document needs to be told apart. */
type Json = Readonly<Record<string, unknown>>;

const registry = z.registry<{ id: string }>();
for (const [id, schema] of Object.entries(COMPONENTS)) registry.add(schema, { id });

const componentPath = (id: string): string => `#/components/schemas/${id}`;

/** The document, as JSON. `version` is that of the server. */
export function openApiDocument(routes: readonly RouteDescription[], version: string): Json {
  const paths: Record<string, Record<string, Json>> = {};
  for (const route of routes) {
    const path = paths[route.path] ?? {};
    path[route.method.toLowerCase()] = operationOf(route);
    paths[route.path] = path;
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'RTD',
      version,
      description:
        'Real-time chat and market ticks. What lives on, STOMP and server-sent events, is under the tag `live`.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    security: [],
    paths,
    components: {
      schemas: componentSchemas(),
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
        userId: { type: 'apiKey', in: 'header', name: 'X-User-Id', description: 'Heeded only where auth is open' },
      },
    },
  };
}

function componentSchemas(): Json {
  const { schemas } = z.toJSONSchema(registry, { uri: componentPath, io: 'input' });
  return Object.fromEntries(Object.entries(schemas).map(([id, schema]) => [id, withoutIds(schema)]));
}

function withoutIds(schema: object): Json {
  return Object.fromEntries(Object.entries(schema).filter(([key]) => key !== '$id' && key !== '$schema'));
}

function operationOf(route: RouteDescription): Json {
  return {
    operationId: operationIdOf(route),
    summary: route.summary,
    tags: [route.area],
    // Without an Authorization or X-User-Id a caller of an open server is a guest.
    security: route.access === 'public' ? [] : [{ bearer: [] }, { userId: [] }, {}],
    parameters: [...parametersOf('path', route.params), ...parametersOf('query', route.query)],
    ...(route.body.schema === undefined
      ? {}
      : { requestBody: requestBodyOf(route.body.schema, route.body.mediaTypes) }),
    responses: responsesOf(route),
  };
}

/** `GET /api/chat/history` -> `getChatHistory`. */
function operationIdOf({ method, path }: RouteDescription): string {
  const words = path.split(/[^a-zA-Z]+/).filter((word) => word !== '' && word !== 'api');
  return method.toLowerCase() + words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
}

function parametersOf(place: 'path' | 'query', schema: z.ZodObject): readonly Json[] {
  return Object.entries(schema.shape).map(([name, value]) => {
    const { description, ...rest } = schemaOf(value, 'output');
    const required = place === 'path' || !z.safeParse(value, undefined).success;
    return { name, in: place, required, ...(description === undefined ? {} : { description }), schema: rest };
  });
}

function requestBodyOf(schema: z.ZodType, mediaTypes: readonly string[]): Json {
  const content = mediaTypes.map((type) => [
    type,
    { schema: type.endsWith('ndjson') ? {} : schemaOf(schema, 'input') },
  ]);
  return { required: true, content: Object.fromEntries(content) };
}

function responsesOf(route: RouteDescription): Json {
  const responses: Record<string, Json> = {};
  for (const [status, answer] of Object.entries(route.answers)) responses[status] = responseOf(answer);
  const byStatus = Map.groupBy(new Set<ErrorCode>([...route.errors, 'INTERNAL']), (code) => ERRORS[code].status);
  for (const [status, codes] of byStatus) {
    responses[status] ??= responseOf({ description: codes.join(', '), schema: HttpErrorBody });
  }
  return responses;
}

function responseOf({ description, schema, mediaType }: DescribedAnswer): Json {
  const type = mediaType ?? (schema === undefined ? undefined : 'application/json');
  if (type === undefined) return { description };
  return { description, content: { [type]: schema === undefined ? {} : { schema: schemaOf(schema, 'input') } } };
}

/** Inline, with a `$ref` wherever a schema has a name. */
function schemaOf(schema: z.ZodType | z.core.$ZodType, io: 'input' | 'output'): Json {
  const named = registry.get(schema)?.id;
  if (named !== undefined) return { $ref: componentPath(named) };
  if (schema instanceof z.ZodArray) return { type: 'array', items: schemaOf(schema.element, io) };
  return withoutIds(z.toJSONSchema(schema, { io, unrepresentable: 'any' }));
}
