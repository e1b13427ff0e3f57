/** Says on stderr, once each time, that a message is not stored yet and why; a command that waits in silence looks dead. */
import type { ChatSession } from '@rtd/client';
import { safeText } from '@rtd/tui/safe-text';

/** A server that works answers sooner. */
const SILENCE_MILLIS = 3_000;

export interface SendingReport {
  /** Why the present message is not stored yet, in a few words; undefined where there is no trouble. */
  readonly trouble: string | undefined;
  /** To be called when a message is sent; disposed of once its fate is known. */
  begin(): Disposable;
}

/** `seconds` is how long a message is tried. That a server takes only so many a second is its pace, and no trouble. */
export function sendingReport(
  session: Pick<ChatSession, 'on' | 'outgoing'>,
  seconds: number,
  write: (line: string) => void,
): SendingReport {
  let trouble: string | undefined;
  const tell = (why: string): void => {
    const first = trouble === undefined;
    trouble = safeText(why).replace(/\.$/, '');
    if (first) write(`Not stored yet: ${trouble}. rtd goes on trying, ${seconds} s in all (--timeout).`);
  };
  session.on('outgoing', ({ state }) => {
    if (state.kind === 'retrying' && state.error.code !== 'RATE_LIMITED') tell(state.error.message);
    if (state.kind !== 'sent' || trouble === undefined) return;
    trouble = undefined;
    write('Stored now.');
  });
  session.on('state', (state) => {
    if (state.kind === 'waiting' && session.outgoing.length > 0) tell(state.why);
  });
  return {
    get trouble() {
      return trouble;
    },
    begin: () => {
      const silence = setTimeout(() => {
        const paced = session.outgoing.some(({ state }) => state.kind === 'retrying');
        if (!paced && trouble === undefined) tell('The server does not answer.');
      }, SILENCE_MILLIS);
      return { [Symbol.dispose]: () => clearTimeout(silence) };
    },
  };
}
