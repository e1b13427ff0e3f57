/** How a call inside a shared transaction ended: refused calls leave their neighbours alone. */
import { RtdError } from '@rtd/protocol';
import type { StoreRefusal } from '../../chat/message-store.ts';

export type Outcome<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly refusal: RtdError };

export function done<Value>(value: Value): Outcome<Value> {
  return { ok: true, value };
}

export function refused(code: StoreRefusal, message: string): { readonly ok: false; readonly refusal: RtdError } {
  return { ok: false, refusal: new RtdError(code, message) };
}

export const notAMember = (): { readonly ok: false; readonly refusal: RtdError } =>
  refused('FORBIDDEN', 'You are not a member of that conversation, or there is none.');
