/** How a link ended, and what that means for the next try: the same words for chat and market. */
import { RtdError } from '@rtd/protocol';
import { UnreachableError } from './http-request.ts';

/** How an attempt ended, be it before or after it was up. */
export type LinkEnding =
  | { readonly kind: 'lost'; readonly why: string; readonly retryAfterMillis?: number | undefined }
  /** Trying again makes no sense until somebody changes something. */
  | { readonly kind: 'refused'; readonly error: RtdError }
  /** No failure: another attempt, at once. */
  | { readonly kind: 'again' };

/** What a request that failed means for the link: refused where the server is none of ours, or does not let us in. */
export function endingOf(thrown: unknown): LinkEnding {
  if (!(thrown instanceof RtdError)) return { kind: 'lost', why: whyOf(thrown) };
  const notRtd = thrown instanceof UnreachableError && thrown.reason === 'not-rtd';
  const refused = notRtd || thrown.code === 'UNAUTHENTICATED' || thrown.code === 'FORBIDDEN';
  if (refused) return { kind: 'refused', error: thrown };
  return { kind: 'lost', why: thrown.message, retryAfterMillis: thrown.retryAfterMillis };
}

/** The same for a link that was up before: what is no RTD server now is being replaced, and is waited for. */
export function endingOfKnown(ending: LinkEnding): LinkEnding {
  const replaced = ending.kind === 'refused' && ending.error instanceof UnreachableError;
  return replaced ? { kind: 'lost', why: ending.error.message } : ending;
}

/** For people. */
export function whyOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
