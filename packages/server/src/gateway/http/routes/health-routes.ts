/** What operators and their machines ask: alive, ready, how many, how fast. */
import { Health } from '@rtd/protocol';
import type { Metrics } from '../../../telemetry/metrics.ts';
import type { Readiness } from '../../../telemetry/readiness.ts';
import { json, plainText } from '../reply.ts';
import { noBody } from '../request-body.ts';
import { noParams, noQuery, publicRoute, type Route } from '../route.ts';

const asked = { area: 'health', method: 'GET', params: noParams, query: noQuery, body: noBody } as const;

export function healthRoutes(options: { health(): Health; readiness: Readiness; metrics: Metrics }): readonly Route[] {
  const { health, readiness, metrics } = options;
  return [
    publicRoute({
      ...asked,
      path: '/api/websocket/health',
      summary: 'How many are connected to this server.',
      answers: { 200: { description: 'The counts', schema: Health } },
      errors: ['VALIDATION'],
      handle: () => json(200, health()),
    }),
    publicRoute({
      ...asked,
      path: '/healthz',
      summary: 'Alive: the process answers.',
      answers: { 200: { description: 'ok', mediaType: 'text/plain' } },
      errors: ['VALIDATION'],
      handle: () => plainText(200, 'ok\n'),
    }),
    publicRoute({
      ...asked,
      path: '/readyz',
      summary: 'Ready to take clients: a line for the server, and one a dependency.',
      answers: {
        200: { description: 'Ready; what is degraded says so', mediaType: 'text/plain' },
        503: { description: 'Draining, or a needed dependency is down', mediaType: 'text/plain' },
      },
      errors: ['VALIDATION'],
      handle: async () => {
        const { ready, lines } = await readiness.check();
        return plainText(ready ? 200 : 503, lines.map((line) => `${line}\n`).join(''));
      },
    }),
    publicRoute({
      ...asked,
      path: '/metrics',
      summary: 'Metrics in the text format of Prometheus.',
      answers: { 200: { description: 'The metrics', mediaType: 'text/plain' } },
      errors: ['VALIDATION'],
      handle: async () => plainText(200, await metrics.text(), metrics.contentType),
    }),
  ];
}
