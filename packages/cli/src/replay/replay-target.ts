/** Where a replay goes: `--into ops`, `--into https://other.example.com`, `--into https://other.example.com#ops`. */
import { type ClientIdentity, createHttpApi } from '@rtd/client';
import { ConversationId } from '@rtd/protocol';
import { UsageError } from '../failure.ts';

export interface ReplayTarget {
  readonly url: string;
  readonly identity: ClientIdentity;
  readonly conversationId: ConversationId;
}

export interface ReplaySource {
  readonly url: string;
  readonly identity: ClientIdentity;
  readonly conversationId: string;
  /** `--name`. */
  readonly name: string | undefined;
  /** RTD_REPLAY_INTO_TOKEN: that of another server. The source's own token never goes there. */
  readonly intoToken: string | undefined;
}

/** @throws UsageError for what is no target, and for the source itself. */
export function replayTarget(into: string, source: ReplaySource): ReplayTarget {
  const isAddress = /^(https?|wss?):\/\//i.test(into);
  const [address = '', named = source.conversationId] = isAddress ? into.split('#') : [source.url, into];
  const conversationId = ConversationId.safeParse(named);
  if (!conversationId.success) {
    throw new UsageError(
      `--into takes a conversation, such as ops, or a server, such as https://other.example.com or https://other.example.com#ops, not "${into.slice(0, 80)}".`,
    );
  }
  const url = createHttpApi({ url: address }).baseUrl;
  const here = url === createHttpApi({ url: source.url }).baseUrl;
  if (here && conversationId.data === source.conversationId) {
    throw new UsageError(
      `--into is the very conversation that is replayed (${source.conversationId}): name another one.`,
    );
  }
  const identity = here ? source.identity : identityThere(source);
  if (identity.token === undefined && identity.userId === undefined) {
    throw new UsageError('Who sends it again? Say it with --name: a second replay knows by it what is there already.');
  }
  return { url, identity, conversationId: conversationId.data };
}

/** Where ticks go: another server. @throws UsageError for what is none, and for the source itself. */
export function replayServer(
  into: string,
  source: Omit<ReplaySource, 'conversationId'>,
): Pick<ReplayTarget, 'url' | 'identity'> {
  if (!/^(https?|wss?):\/\//i.test(into)) {
    throw new UsageError(`--into takes another server, such as https://other.example.com, not "${into.slice(0, 80)}".`);
  }
  const url = createHttpApi({ url: into }).baseUrl;
  if (url === createHttpApi({ url: source.url }).baseUrl) {
    throw new UsageError('--into is the very server whose ticks are replayed: name another one.');
  }
  return { url, identity: identityThere(source) };
}

function identityThere({ intoToken, name }: Omit<ReplaySource, 'conversationId'>): ClientIdentity {
  return intoToken === undefined || intoToken === '' ? { userId: name } : { token: intoToken };
}
