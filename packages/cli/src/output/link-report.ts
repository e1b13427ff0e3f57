/** Says on stderr what becomes of a connection that is to last: when it breaks, when it is back, when it is no use. */
import type { LinkState } from '@rtd/client';
import type { RtdError } from '@rtd/protocol';
import { safeText } from '@rtd/tui/safe-text';

/** A listener of `state`. `onRefused` is called when the server will not have us: nothing comes any more. */
export function linkReport(
  write: (line: string) => void,
  onRefused: (error: RtdError) => void,
): (state: LinkState) => void {
  let broken = false;
  return (state) => {
    switch (state.kind) {
      case 'waiting':
        broken = true;
        write(`${safeText(state.why)} Next try in ${Math.max(1, Math.round(state.retryInMillis / 1_000))} s.`);
        return;
      case 'live':
      case 'polling':
        if (broken) write('Connected again.');
        broken = false;
        return;
      case 'refused':
        onRefused(state.error);
        return;
      default:
        return;
    }
  };
}
