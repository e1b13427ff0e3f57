/** The bus over Redis's publish and subscribe: messages and rosters on `global-chat-channel`, typing on `typing-channel`. */
import { BusHint } from '../../chat/hints.ts';
import type { MessageBus } from '../../chat/message-bus.ts';
import type { Log } from '../../telemetry/log.ts';
import { parseWith } from './parse-with.ts';
import type { RedisLink } from './redis-link.ts';

const MESSAGES = 'global-chat-channel';
const TYPING = 'typing-channel';

/** The link stays with who made it. */
export function createRedisBus(link: RedisLink, log: Log): MessageBus {
  const parse = parseWith(BusHint, log);
  const endings = new Set<() => void>();
  let closed = false;
  return {
    publish(hint) {
      if (!closed) link.publish(hint.kind === 'typing' ? TYPING : MESSAGES, JSON.stringify(hint));
    },
    async subscribe(subscriber) {
      const received = (text: string): void => {
        const hint = parse(text);
        if (hint !== undefined) subscriber.hint(hint);
      };
      const ends = await Promise.all([
        link.listen(MESSAGES, { received, recovered: () => subscriber.recovered() }),
        link.listen(TYPING, { received }),
      ]);
      const end = (): void => {
        endings.delete(end);
        for (const each of ends) each();
      };
      if (closed) end();
      else endings.add(end);
      return end;
    },
    check: () => link.check(),
    async close() {
      closed = true;
      for (const end of endings) end();
    },
  };
}
