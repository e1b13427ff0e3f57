/** A backend that runs as an ordinary program of this user: no containers, no system service, private folder and port. */
import { Failure } from '../failure.ts';

export const SERVICE_NAMES = ['mysql', 'redis', 'kafka'] as const;
export type ServiceName = (typeof SERVICE_NAMES)[number];

/** A program and its arguments, as `spawn` takes them. */
export interface Command {
  readonly file: string;
  readonly args: readonly string[];
}

/** Where a service lives: everything that it writes is inside `folder`. */
export interface ServicePlace {
  readonly folder: string;
  /** A port of 127.0.0.1. */
  readonly port: number;
}

export interface NativeService {
  readonly name: ServiceName;
  /** The program that does it, as people know it. */
  readonly title: string;
  /** The port that the outside world expects (contract, section 5). */
  readonly usualPort: number;
  /**
   * Makes the folder ready; harmless when it is already. Says each step aloud before it takes it.
   * @throws ServiceError that says what to install.
   */
  prepare(place: ServicePlace, say: (step: string) => void): Promise<void>;
  /** What to run, after `prepare`. */
  command(place: ServicePlace): Command;
  /** Whether it answers in its own protocol; never rejects. */
  answers(port: number): Promise<boolean>;
  /** What a server must be told to use it. */
  environment(port: number): Readonly<Record<string, string>>;
}

/** What a person has to be told: what happened, why, what to do. */
export class ServiceError extends Failure {
  constructor(message: string) {
    super(message);
    this.name = 'ServiceError';
  }
}
