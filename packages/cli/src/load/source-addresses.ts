/**
 * Where the connections of a load test come from. One address has so many ports for one server, and a client that wants
 * more connections than that needs another address: on loopback there are 127.0.0.2 and on.
 */
import { readFileSync } from 'node:fs';
import type { Target } from '../wire/target.ts';

/** Linux and macOS begin with about 28,000 and 16,000 ports; without a word of the system, the smaller is safe. */
const FEWEST_PORTS = 16_383;
/** A nearly full address is slow to find a port on, and others use it, too. */
const SHARE = 0.7;
/** Addresses that are tried for a connection: the others may be full, for a minute also of connections that have ended. */
export const MOST_ADDRESSES = 64;

/** What the system says when an address has no port left: for one that was asked for, and for one that it chose itself. */
const NO_PORT: ReadonlySet<string> = new Set(['EADDRNOTAVAIL', 'EADDRINUSE']);

/** How many connections to one server come from an address before the next is used. `range` is the text of Linux's setting. */
export function connectionsAnAddress(range: string | undefined): number {
  const [, from, to] = /^\s*(\d+)\s+(\d+)/.exec(range ?? '') ?? [];
  const ports = from === undefined || to === undefined ? FEWEST_PORTS : Number(to) - Number(from) + 1;
  return Math.max(1, Math.floor(ports * SHARE));
}

/** The setting that {@link connectionsAnAddress} takes, of this machine; undefined where it is no Linux. */
export function portRange(): string | undefined {
  try {
    return readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8');
  } catch {
    return undefined;
  }
}

/**
 * The address that connection `index` comes from, or the one `further` than that where it was full; undefined leaves it to
 * the system: the first address, and every one to a server that is not on loopback.
 */
export function sourceAddress(target: Target, index: number, each: number, further = 0): string | undefined {
  const nth = Math.floor(index / each) + further;
  return nth === 0 || !hasOthers(target) ? undefined : `127.0.${(nth + 1) >> 8}.${(nth + 1) & 255}`;
}

/** True where a connection that ended with `code` may be tried from the next address. */
export function hasNoPort(target: Target, code: string, further: number): boolean {
  return NO_PORT.has(code) && further < MOST_ADDRESSES - 1 && hasOthers(target);
}

/** The host to connect to from `localAddress`: `localhost` may be ::1, to which no address of 127.0.0.0/8 has a way. */
export function hostFrom({ host }: Target, localAddress: string | undefined): string {
  return localAddress !== undefined && host === 'localhost' ? '127.0.0.1' : host;
}

function hasOthers({ host }: Target): boolean {
  return host === 'localhost' || /^127\./.test(host);
}
