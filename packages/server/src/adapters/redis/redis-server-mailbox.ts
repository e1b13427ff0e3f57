/** Mailboxes over Redis's publish and subscribe: a channel a server, under the name that its Kafka topic would have. */
import { Letter } from '../../chat/hints.ts';
import type { ServerMailbox } from '../../chat/server-mailbox.ts';
import type { Log } from '../../telemetry/log.ts';
import { parseWith } from './parse-with.ts';
import type { RedisLink } from './redis-link.ts';

/** The link stays with who made it. */
export function createRedisMailbox(link: RedisLink, log: Log): ServerMailbox {
  const parse = parseWith(Letter, log);
  const endings = new Set<() => void>();
  let closed = false;
  return {
    post(to, letter) {
      if (!closed) link.publish(`messages-${to}`, JSON.stringify(letter));
    },
    async open(server, owner) {
      const end = await link.listen(`messages-${server}`, {
        received(text) {
          const letter = parse(text);
          if (letter !== undefined) owner.letter(letter);
        },
        recovered: () => owner.recovered(),
      });
      if (closed) end();
      else endings.add(end);
      return () => {
        endings.delete(end);
        end();
      };
    },
    check: () => link.check(),
    async close() {
      closed = true;
      for (const end of endings) end();
      endings.clear();
    },
  };
}
