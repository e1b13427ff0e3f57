/** The delivery cursors of the devices that are here: one for each device, whatever number of inboxes it has open. */
import type { DeviceIdentity } from '../auth/identity.ts';
import { createDeliveryCursors, type DeliveryCursors, type DeliveryCursorsOptions } from './delivery-cursors.ts';

export interface DeviceCursors {
  /** Once for each inbox that is opened; `release` when it is closed. */
  take(who: DeviceIdentity): DeliveryCursors;
  release(who: DeviceIdentity): void;
}

interface Held {
  readonly cursors: DeliveryCursors;
  inboxes: number;
}

export function createDeviceCursors(options: Omit<DeliveryCursorsOptions, 'userId' | 'device'>): DeviceCursors {
  const inUse = new Map<string, Held>();

  return {
    take(who) {
      const { userId, device } = who;
      const key = keyOf(who);
      const held = inUse.get(key) ?? { cursors: createDeliveryCursors({ ...options, userId, device }), inboxes: 0 };
      inUse.set(key, held);
      held.inboxes += 1;
      return held.cursors;
    },
    release(who) {
      const key = keyOf(who);
      const held = inUse.get(key);
      if (held === undefined) return;
      held.inboxes -= 1;
      if (held.inboxes > 0) return;
      inUse.delete(key);
      held.cursors.rest();
    },
  };
}

/** Ids have no spaces. */
function keyOf({ userId, device }: DeviceIdentity): string {
  return `${userId} ${device}`;
}
