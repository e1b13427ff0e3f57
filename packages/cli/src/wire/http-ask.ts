/** One HTTP request and its whole, bounded answer, on a connection of its own. */
import { request as requestPlain } from 'node:http';
import { request as requestSecure } from 'node:https';
import type { Target } from './target.ts';
import { seconds, WireError, wireErrorOf } from './wire-error.ts';

const LARGEST_BODY = 1_048_576;

export interface HttpQuestion {
  readonly method?: 'GET' | 'HEAD' | 'POST' | undefined;
  /** Behind the target's prefix. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: string | undefined;
  readonly timeoutMillis: number;
}

export interface HttpAnswer {
  readonly status: number;
  /** `200 OK` */
  readonly statusText: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: string;
  readonly millis: number;
}

/** @throws WireError */
export function askHttp(target: Target, question: HttpQuestion): Promise<HttpAnswer> {
  const { method = 'GET', path, headers = {}, body, timeoutMillis } = question;
  const request = target.secure ? requestSecure : requestPlain;
  const begun = performance.now();
  return new Promise((resolve, reject) => {
    const asked = request(
      {
        host: target.host,
        port: target.port,
        path: `${target.prefix}${path}`,
        method,
        agent: false,
        headers: {
          host: target.authority,
          'user-agent': 'rtd-doctor',
          ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
          ...headers,
        },
      },
      (response) => {
        const chunks: Buffer[] = [];
        let size = 0;
        response.on('data', (chunk: Buffer) => {
          size += chunk.length;
          if (size <= LARGEST_BODY) chunks.push(chunk);
        });
        response.on('error', failed);
        response.on('end', () => {
          clearTimeout(timer);
          const status = response.statusCode ?? 0;
          resolve({
            status,
            statusText: `${status} ${response.statusMessage ?? ''}`.trim(),
            headers: response.headers,
            body: Buffer.concat(chunks).toString('utf8'),
            millis: performance.now() - begun,
          });
        });
      },
    );
    const timer = setTimeout(() => {
      reject(new WireError('silent', `no answer within ${seconds(timeoutMillis)}`));
      asked.destroy();
    }, timeoutMillis);
    const failed = (error: unknown): void => {
      clearTimeout(timer);
      reject(wireErrorOf(error));
    };
    asked.on('error', failed);
    asked.end(body);
  });
}

/** The first value of a header. */
export function headerIn({ headers }: HttpAnswer, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' ? value : value?.[0];
}
