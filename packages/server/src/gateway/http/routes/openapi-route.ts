/** The description of everything, itself included. */
import { z } from 'zod';
import { json } from '../reply.ts';
import { noBody } from '../request-body.ts';
import { noParams, noQuery, publicRoute, type Route, type RouteDescription } from '../route.ts';

/** `documentOf` makes the document, given this route's own description; it is asked once. */
export function openApiRoute(documentOf: (self: RouteDescription) => object): Route {
  let document: object | undefined;
  const route: Route = publicRoute({
    method: 'GET',
    path: '/openapi.json',
    area: 'health',
    summary: 'This document.',
    params: noParams,
    query: noQuery,
    body: noBody,
    answers: { 200: { description: 'OpenAPI 3.1', schema: z.record(z.string(), z.unknown()) } },
    errors: ['VALIDATION'],
    handle: () => {
      document ??= documentOf(route);
      return json(200, document);
    },
  });
  return route;
}
