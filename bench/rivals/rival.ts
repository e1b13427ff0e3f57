/** A server that others have written, set up as its own guide does, and what `rtd bench` has to be told to load it. */

export interface Rival {
  readonly name: string;
  /** How it is set up, in a few words. */
  readonly setUp: string;
  /** How to come by it. */
  readonly get: string;
  /** Starts it on loopback, its data in `folder`. @throws MissingRival */
  start(folder: string): Promise<RunningRival>;
}

export interface RunningRival extends AsyncDisposable {
  /** `RabbitMQ 3.10.8` */
  readonly version: string;
  /** It, and whatever it has started, is what is measured. */
  readonly pid: number;
  /** What `rtd bench fanout` and `idle` are told; undefined where it speaks no STOMP. */
  readonly stomp?: readonly string[] | undefined;
  /** What `rtd bench sse` is told; undefined where it has no event streams. */
  readonly sse?: readonly string[] | undefined;
  /** What may not stand on a command line. */
  readonly env?: Readonly<Record<string, string>> | undefined;
}

/** It is not on this machine. The message says what is missing. */
export class MissingRival extends Error {
  constructor(what: string) {
    super(`${what} is not on this machine`);
    this.name = 'MissingRival';
  }
}
