/**
 * The delivery cursors of the devices that are here: one for each device, whatever number of inboxes it has open, and kept
 * for a while after the last is closed where the device has acknowledged out of order.
 */
import type { DeviceIdentity } from '../auth/identity.ts';
import { createDeliveryCursors, type DeliveryCursors, type DeliveryCursorsOptions } from './delivery-cursors.ts';

/** Devices that are gone and remembered; past it the one that is gone for longest is forgotten, and sent a little again. */
const MAX_REMEMBERED = 1_000;

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
  /** In the order in which they went. */
  const remembered = new Map<string, Held>();

  return {
    take(who) {
      const { userId, device } = who;
      const key = keyOf(who);
      const held = inUse.get(key) ??
        remembered.get(key) ?? { cursors: createDeliveryCursors({ ...options, userId, device }), inboxes: 0 };
      remembered.delete(key);
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
      if (held.cursors.behindHoles().size === 0) return;
      remembered.set(key, held);
      for (const [oldest] of remembered) {
        if (remembered.size <= MAX_REMEMBERED) break;
        remembered.delete(oldest);
      }
    },
  };
}

/** Ids have no spaces. */
function keyOf({ userId, device }: DeviceIdentity): string {
  return `${userId} ${device}`;
}
