/**
 * Who may talk to the server by where the request comes from, the same on every transport (contract, section 9).
 *
 * Origin: none (no browser) and the same host may, and so may a page of this machine on a server of this machine;
 * `null` and all others only by `RTD_ALLOWED_ORIGINS`.
 * Host: a server that listens on loopback answers to names of loopback and of the allowed origins only, so that a page
 * whose name was made to point at 127.0.0.1 (DNS rebinding) cannot pass for the same host.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { RtdError } from '@rtd/protocol';
import { isLoopbackHost } from './loopback.ts';

export interface AccessRules {
  /** Why this request is to be refused with 403, or undefined. */
  refusalOf(headers: IncomingHttpHeaders): RtdError | undefined;
}

/** `host` is the address that the server listens on; `allowedOrigins` are in the form that browsers send. */
export function createAccessRules(options: { host: string; allowedOrigins: readonly string[] }): AccessRules {
  const allowed = new Set(options.allowedOrigins);
  const all = allowed.has('*');
  const checksHost = isLoopbackHost(options.host) && !all;
  const allowedHosts = new Set(options.allowedOrigins.map((origin) => URL.parse(origin)?.host));

  function acceptsHost(host: string): boolean {
    const url = URL.parse(`http://${host}`);
    return url !== null && (isLoopbackHost(url.hostname) || allowedHosts.has(url.host));
  }

  function acceptsOrigin(origin: string, host: string | undefined): boolean {
    if (all || allowed.has(origin)) return true;
    const from = URL.parse(origin);
    if (from === null || host === undefined) return false;
    // Read with the origin's scheme, so that a default port counts as none on both sides.
    const to = URL.parse(`${from.protocol}//${host}`);
    if (to === null || from.host === '') return false;
    return from.host === to.host || (isLoopbackHost(from.hostname) && isLoopbackHost(to.hostname));
  }

  return {
    refusalOf({ host, origin }) {
      if (checksHost && host !== undefined && !acceptsHost(host)) {
        return new RtdError(
          'FORBIDDEN',
          'This server listens on loopback and does not answer to that Host; behind a proxy, allow its origin with RTD_ALLOWED_ORIGINS.',
        );
      }
      if (origin !== undefined && !acceptsOrigin(origin, host)) {
        return new RtdError(
          'FORBIDDEN',
          'Pages of this Origin may not connect; allow it with RTD_ALLOWED_ORIGINS if that is what you want.',
        );
      }
      return undefined;
    },
  };
}
