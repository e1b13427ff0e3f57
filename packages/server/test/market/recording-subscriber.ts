/** A market subscriber that keeps what it is given; its outlet is as full as a test says. */
import { formatLogPosition, type LogPosition } from '@rtd/protocol';
import type { Subscriber } from '../../src/fan-out/subscriber.ts';
import type { PlacedTick } from '../../src/market/market-room.ts';
import { RecordingOutlet } from '../fan-out/recording-outlet.ts';

export interface RecordedTick {
  readonly symbol: string;
  readonly price: number;
  readonly position: LogPosition;
}

export class RecordingSubscriber implements Subscriber<PlacedTick> {
  readonly outlet = new RecordingOutlet();
  readonly groupKey: string;

  /** @param groupKey of its own, so that it sees what it is given itself */
  constructor(groupKey: string) {
    this.groupKey = groupKey;
  }

  encode(entries: readonly PlacedTick[]): Uint8Array {
    const lines = entries.map(({ tick, position }) => ({ symbol: tick.symbol, price: tick.price, position }));
    return Buffer.from(JSON.stringify(lines));
  }

  get ticks(): readonly RecordedTick[] {
    return this.outlet.written.flatMap((bytes): RecordedTick[] => JSON.parse(Buffer.from(bytes).toString()));
  }

  get prices(): readonly number[] {
    return this.ticks.map(({ price }) => price);
  }

  get lastId(): string | undefined {
    const last = this.ticks.at(-1);
    return last === undefined ? undefined : formatLogPosition(last.position);
  }
}
