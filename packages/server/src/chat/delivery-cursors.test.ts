import { ConversationId, DeviceId, MessageId, RtdError, UserId } from '@rtd/protocol';
import { expect, test, vi } from 'vitest';
import { createCleanup, openStore } from '../../test/chat/chat-fixture.ts';
import { ManualClock } from '../../test/manual-clock.ts';
import { silentLog } from '../telemetry/log.ts';
import { createDeliveryCursors } from './delivery-cursors.ts';
import type { DeliveredUpTo, MessageStore } from './message-store.ts';

test('an acknowledgement behind a hole that could not be stored is stored with the next try', async () => {
  const cleanup = createCleanup();
  const clock = new ManualClock();
  const told: (readonly DeliveredUpTo[])[] = [];
  const store: MessageStore = {
    ...(await openStore(cleanup)),
    advanceDelivered(_user, _device, upTo) {
      told.push(upTo);
      return told.length === 1 ? Promise.reject(new RtdError('STORE_UNAVAILABLE', 'away')) : Promise.resolve([]);
    },
  };
  const cursors = createDeliveryCursors({
    store,
    clock,
    log: silentLog(),
    userId: UserId.parse('bob'),
    device: DeviceId.parse('phone'),
    confirmed: () => {},
  });
  const conversationId = ConversationId.parse('room');
  const senderId = UserId.parse('ann');
  cursors.startAt(conversationId, 0, []);
  cursors.delivered([
    {
      id: MessageId.parse('m-3'),
      conversationId,
      seq: 3,
      senderId,
      senderName: 'ann',
      type: 'TEXT',
      content: 'third',
      timestamp: '2026-01-31T09:00:00.000Z',
      clientMessageId: undefined,
    },
  ]);
  await vi.waitFor(() => expect(clock.timers).toBe(1));
  clock.pass(1_000);
  await vi.waitFor(() => expect(told).toHaveLength(2));
  expect(told[1]).toEqual([{ conversationId, seq: 0, ahead: [3] }]);
  await cleanup.run();
});
