/** People who talk over STOMP and HTTP, for black-box tests of what they see. */
import { ChatMessage } from '@rtd/protocol';
import { type RawClient, type RawFrame, raw } from '../stomp-rules/raw-client.ts';

/** A SEND with a JSON body, or with a text that is none. */
export function send(destination: string, body: unknown, ...headers: string[]): string {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return raw('SEND', `destination:${destination}`, ...headers, '', text);
}

export const bodyOf = (frame: RawFrame): Record<string, unknown> => JSON.parse(frame.body);

/** The next `count` MESSAGE frames of one subscription, in the order in which they come. */
export async function received(client: RawClient, subscription: string, count: number): Promise<RawFrame[]> {
  const mine = () => client.unread.filter(({ headers }) => headers.subscription === subscription);
  await client.until(() => mine().length >= count, `${count} messages of ${subscription}`);
  return mine().slice(0, count);
}

export const contents = (frames: readonly RawFrame[]): string[] =>
  frames.map((frame) => ChatMessage.parse(JSON.parse(frame.body)).content);

/** One request of a user to an open server. */
export async function http(
  server: { url: string },
  user: string,
  method: string,
  path: string,
  body?: unknown,
): Promise<{ status: number; text: string; json: () => unknown }> {
  const answer = await fetch(`${server.url}${path}`, {
    method,
    headers: { 'x-user-id': user, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  return { status: answer.status, text, json: () => JSON.parse(text) };
}
