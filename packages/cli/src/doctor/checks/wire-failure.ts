/** What a failure on the wire says, in the words of the check that met it. */
import { StompError } from '@rtd/protocol';
import { WireError } from '../../wire/wire-error.ts';
import type { Finding } from '../check.ts';
import { fail } from '../check.ts';
import { StompRefusal } from '../stomp-dialogue.ts';

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
