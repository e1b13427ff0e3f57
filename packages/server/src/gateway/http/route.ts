/**
 * One route of the HTTP API. The schemas that parse its request are the very ones that `/openapi.json` shows, so the two
 * cannot drift; a route that is not described does not exist.
 */
import { type ErrorCode, parseOrRefuse, RtdError } from '@rtd/protocol';
import { z } from 'zod';
import type { Identity } from '../../auth/identity.ts';
import type { Reply } from './reply.ts';
import type { BodyReader } from './request-body.ts';

export type HttpMethod = 'GET' | 'POST' | 'PUT' | 'DELETE';

/** An answer other than an error, as OpenAPI tells it. */
export interface DescribedAnswer {
  readonly description: string;
  /** Left out where there is no body, or none that a schema can tell. */
  readonly schema?: z.ZodType | undefined;
  /** Default: `application/json` where there is a schema. */
  readonly mediaType?: string | undefined;
}

/** What `/openapi.json` tells of a path and method. */
export interface RouteDescription {
  readonly method: HttpMethod;
  /** With its parameters in braces: `/api/conversations/{id}`. */
  readonly path: string;
  readonly area: string;
  readonly summary: string;
  /** `public`: whoever asks; `user`: who has proven who they are; `admin`: those of them with that role. */
  readonly access: 'public' | 'user' | 'admin';
  readonly query: z.ZodObject;
  readonly params: z.ZodObject;
  readonly body: Pick<BodyReader<unknown>, 'schema' | 'mediaTypes'>;
  readonly answers: Readonly<Record<number, DescribedAnswer>>;
  readonly errors: readonly ErrorCode[];
}

/** A request before anything of it was checked. */
export interface RawCall {
  readonly query: unknown;
  readonly params: unknown;
  readonly body: Buffer | undefined;
  /** Aborted when the client is gone, or the server wants long polls to end. */
  readonly signal: AbortSignal;
  /** @throws RtdError UNAUTHENTICATED, VALIDATION */
  identify(): Promise<Identity>;
}

/** The same, checked. */
export interface Call<Query, Params, Body> {
  readonly query: Query;
  readonly params: Params;
  readonly body: Body;
  readonly signal: AbortSignal;
}

export interface Route extends RouteDescription {
  /** Bodies over this are refused before they are read; undefined: the limit of the server. */
  readonly maxBodyBytes: number | undefined;
  /** @throws RtdError */
  run(raw: RawCall): Promise<Reply>;
}

/** For routes without a query. Whatever is given all the same is unknown, and refused. */
export const noQuery = z.strictObject({});
export const noParams = z.strictObject({});

interface RouteSpec<Query extends z.ZodObject, Params extends z.ZodObject, Body>
  extends Omit<RouteDescription, 'access' | 'body'> {
  readonly query: Query;
  readonly params: Params;
  readonly body: BodyReader<Body>;
}

/** A route that anybody may call. */
export function publicRoute<Query extends z.ZodObject, Params extends z.ZodObject, Body>(
  spec: RouteSpec<Query, Params, Body> & {
    handle(call: Call<z.output<Query>, z.output<Params>, Body>): Promise<Reply> | Reply;
  },
): Route {
  return {
    ...spec,
    access: 'public',
    maxBodyBytes: spec.body.maxBytes,
    run: async (raw) => spec.handle(checked(spec, raw)),
  };
}

/** A route that wants to know who calls; that is asked first, so that a stranger learns nothing from how it refuses. */
export function userRoute<Query extends z.ZodObject, Params extends z.ZodObject, Body>(
  spec: RouteSpec<Query, Params, Body> & {
    readonly access?: 'user' | 'admin';
    handle(call: Call<z.output<Query>, z.output<Params>, Body>, who: Identity): Promise<Reply> | Reply;
  },
): Route {
  const access = spec.access ?? 'user';
  return {
    ...spec,
    access,
    errors: [...spec.errors, 'UNAUTHENTICATED'],
    maxBodyBytes: spec.body.maxBytes,
    run: async (raw) => {
      const who = await raw.identify();
      if (access === 'admin' && !who.admin) {
        throw new RtdError('FORBIDDEN', 'This takes a token with the role admin.');
      }
      return spec.handle(checked(spec, raw), who);
    },
  };
}

function checked<Query extends z.ZodObject, Params extends z.ZodObject, Body>(
  spec: RouteSpec<Query, Params, Body>,
  raw: RawCall,
): Call<z.output<Query>, z.output<Params>, Body> {
  return {
    params: parseOrRefuse(spec.params, raw.params, 'path'),
    query: parseOrRefuse(spec.query, raw.query, 'query'),
    body: spec.body.read(raw.body),
    signal: raw.signal,
  };
}

/** A whole number in a query or path, as text: `25`; nothing else that JavaScript would take for a number. */
export function wholeNumber(min: number, max: number): z.ZodType<number, string> {
  return z
    .string()
    .regex(/^\d{1,15}$/, `must be a whole number from ${min} to ${max}`)
    .transform(Number)
    .pipe(z.int().min(min, `must be at least ${min}`).max(max, `must be at most ${max}`));
}
