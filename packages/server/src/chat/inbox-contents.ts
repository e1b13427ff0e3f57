/** What waits for a device, put together out of what an adapter has read in one snapshot. No imports at run time: the store's threads use it too. */

interface Place<Id> {
  readonly conversationId: Id;
  readonly seq: number;
}

interface Span<Id> {
  readonly conversationId: Id;
  readonly from: number;
  readonly to: number;
}

/**
 * `messages`: the newest that wait, in the order of commit, without those that are acknowledged. `spans`: each conversation
 * from the device's cursor to its last seq. `ahead`: acknowledged one by one, in seq order.
 */
export function inboxContents<Id extends string, Committed extends { readonly message: Place<Id> }>(
  messages: readonly Committed[],
  spans: readonly Span<Id>[],
  ahead: readonly Place<Id>[],
) {
  const firstSeqs = new Map<Id, number>();
  for (const { message } of messages) {
    if (!firstSeqs.has(message.conversationId)) firstSeqs.set(message.conversationId, message.seq);
  }
  const aheadOf = new Map<Id, number[]>();
  for (const { conversationId, seq } of ahead) {
    const seqs = aheadOf.get(conversationId);
    if (seqs === undefined) aheadOf.set(conversationId, [seq]);
    else seqs.push(seq);
  }
  const cursors: Span<Id>[] = [];
  const leftOut: { conversationId: Id; firstSeq: number }[] = [];
  const acknowledged: { conversationId: Id; seqs: readonly number[] }[] = [];
  for (const { conversationId, from, to } of spans) {
    const held = aheadOf.get(conversationId) ?? [];
    const firstSeq = firstSeqs.get(conversationId) ?? to + 1;
    const got = held.filter((seq) => seq > from && seq < firstSeq).length;
    const isWhole = firstSeq - 1 - from <= got;
    const start = isWhole ? from : firstSeq - 1;
    if (!isWhole) leftOut.push({ conversationId, firstSeq });
    cursors.push({ conversationId, from: start, to });
    const seqs = held.filter((seq) => seq > start);
    if (seqs.length > 0) acknowledged.push({ conversationId, seqs });
  }
  return { messages, cursors, leftOut, acknowledged };
}
