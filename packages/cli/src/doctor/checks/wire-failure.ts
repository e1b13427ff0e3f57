/** What a failure on the wire says, in the words of the check that met it. */
import { StompError } from '@rtd/protocol';
import type { Target } from '../../wire/target.ts';
import { WireError } from '../../wire/wire-error.ts';
import type { Finding } from '../check.ts';
import { fail } from '../check.ts';
import { StompRefusal } from '../stomp-dialogue.ts';

/** The command that shows every byte, as a line of a fix; nothing where it cannot: it needs a WebSocket. */
export function explainStomp({ bareTcp, given }: Target): string {
  return bareTcp ? '' : `rtd explain stomp --url ${given}   # shows every byte of it\n`;
}

/** `meaning` by what went wrong, with `otherwise` for the rest. @throws `error` when it is none of the wire. */
export function wireFailure(
  error: unknown,
  asked: string,
  { silent, closed, otherwise, fix }: { silent: string; closed?: string; otherwise: string; fix: string | undefined },
): Finding {
  if (error instanceof StompRefusal)
    return fail({ asked, answered: error.message }, 'The server refuses it, and says why.', fix);
  if (error instanceof StompError)
    return fail(
      { asked, answered: error.message },
      'What came is broken STOMP: something in between changes bytes.',
      fix,
    );
  if (!(error instanceof WireError)) throw error;
  const evidence = { asked, answered: error.message };
  switch (error.reason) {
    case 'silent':
      return fail(evidence, silent, fix);
    case 'closed':
    case 'reset':
      return fail(evidence, closed ?? otherwise, fix);
    default:
      return fail(evidence, otherwise, fix);
  }
}
