/**
 * Whose address a request comes from: that of the socket's peer, unless the peer is a proxy that is trusted. Then it is the
 * one that the proxy names in `X-Forwarded-For`; should that be a trusted proxy, too, the one before it, and so on. What
 * stands further left was written by whoever was first, and is believed of nobody.
 */
import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';

export type AddressOf = (request: Pick<IncomingMessage, 'headers' | 'socket'>) => string;

/** An address, or a network such as `10.0.0.0/8`; undefined where the text is neither. */
export function parseNetwork(
  text: string,
): { readonly address: string; readonly prefix: number; readonly family: 'ipv4' | 'ipv6' } | undefined {
  const [address = '', prefix, ...rest] = text.split('/');
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return undefined;
  const bits = version === 4 ? 32 : 128;
  const length = prefix === undefined ? bits : /^\d{1,3}$/.test(prefix) ? Number(prefix) : Number.NaN;
  return length <= bits ? { address, prefix: length, family: version === 4 ? 'ipv4' : 'ipv6' } : undefined;
}

/** `trusted`: addresses and networks, as {@link parseNetwork} takes them. */
export function createAddressOf(trusted: readonly string[]): AddressOf {
  const proxies = new BlockList();
  for (const text of trusted) {
    const network = parseNetwork(text);
    if (network === undefined) throw new TypeError(`${text} is no address and no network`);
    proxies.addSubnet(network.address, network.prefix, network.family);
  }
  const isProxy = (address: string): boolean => proxies.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');

  return ({ headers, socket }) => {
    let client = bareAddress(socket.remoteAddress ?? '') ?? '';
    if (trusted.length === 0 || client === '' || !isProxy(client)) return client;
    for (const hop of String(headers['x-forwarded-for'] ?? '')
      .split(',')
      .reverse()) {
      const address = bareAddress(hop.trim());
      // Not an address: who wrote it may write anything, so the last one that was proven stays.
      if (address === undefined) break;
      client = address;
      if (!isProxy(address)) break;
    }
    return client;
  };
}

/** Without a port, and an IPv4 address as such where it is written as IPv6; undefined for what is no address. */
function bareAddress(text: string): string | undefined {
  const [, bracketed] = /^\[([^\]]+)\](?::\d+)?$/.exec(text) ?? [];
  const [, beforePort] = /^([\d.]+):\d+$/.exec(text) ?? [];
  const address = bracketed ?? beforePort ?? text;
  const mapped = /^::ffff:([\d.]+)$/i.exec(address)?.[1] ?? address;
  return isIP(mapped) === 0 ? undefined : mapped;
}
