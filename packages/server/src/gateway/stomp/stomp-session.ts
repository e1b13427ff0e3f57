/**
 * One STOMP connection, from the first octet to the last.
 *
 *   connecting --CONNECT--> connected --DISCONNECT, breach, close of the transport--> over
 *
 * Bytes come in from the transport, the parser makes frames of them, the queue keeps their order, `commands/` does what they
 * say. Whatever is thrown on the way ends here: in one ERROR frame and the close (stomp-rules 37 and 38).
 */
import type { IncomingHttpHeaders } from 'node:http';
import {
  HEART_BEAT,
  RtdError,
  StompError,
  type StompFrame,
  StompParser,
  type StompParserLimits,
  type StompParserOptions,
  serializeFrame,
  toRtdError,
} from '@rtd/protocol';
import { userIdHeader } from '../../auth/user-id-header.ts';
import { COMMANDS } from './commands/index.ts';
import type { ClientLink, ConnectedClient } from './connected-client.ts';
import { FrameQueue, type FrameRunner } from './frame-queue.ts';
import { endingOf, SendRefused, StompBreach } from './stomp-breach.ts';
import type { StompServices } from './stomp-services.ts';
import type { StompTransport, StompTransportEvents } from './stomp-transport.ts';

/** How much earlier than agreed the server beats, so that the sweep's grain and the way never make it late. */
const BEAT_MARGIN_SECONDS = 3;
const NORMAL_CLOSE = 1_000;
const PROTOCOL_ERROR = 1_002;

/** Octets that are parsed at once: between two such pieces it is seen whether the client has sent too much to be served now. */
const PIECE_BYTES = 32_768;

/** What the upgrade's headers say of who it is, for clients whose CONNECT says nothing. */
export interface UpgradeCredentials {
  readonly authorization: string | undefined;
  readonly userId: string | undefined;
}

type Phase =
  | { readonly is: 'connecting'; readonly upgrade: UpgradeCredentials | undefined }
  | { readonly is: 'connected'; readonly client: ConnectedClient }
  /** The transport is gone; what the client had sent before is still done (stomp-rules 53). */
  | { readonly is: 'gone'; readonly client: ConnectedClient }
  | { readonly is: 'over' };

const OVER: Phase = { is: 'over' };
const ANONYMOUS: Phase = { is: 'connecting', upgrade: undefined };

export class StompSession implements StompTransportEvents, StompParserOptions, FrameRunner, ClientLink {
  readonly services: StompServices;
  readonly transport: StompTransport;
  readonly #parser: StompParser;
  readonly #queue: FrameQueue;
  #phase: Phase;
  #preconnectBytes = 0;
  /** Octets that came while the client was congested: as frames they would take many times the memory. */
  #unparsed: Uint8Array[] | undefined;
  /** Two reasons not to read from the client: what it has sent waits, or what it was answered does. */
  #congested = false;
  #unread = false;
  /** Seconds of the sweep. */
  readonly #begunAt: number;
  #heardAt: number;
  #beatAt: number;

  constructor(services: StompServices, transport: StompTransport, headers: IncomingHttpHeaders) {
    this.services = services;
    this.transport = transport;
    this.#phase = phaseBefore(headers);
    this.#parser = new StompParser(this);
    this.#queue = new FrameQueue(this);
    this.#begunAt = services.sweptAt;
    this.#heardAt = services.sweptAt;
    this.#beatAt = services.sweptAt;
  }

  // What the parser is made with.

  get role(): 'server' {
    return 'server';
  }

  get limits(): StompParserLimits {
    return this.services.preconnectLimits;
  }

  get parser(): StompParser {
    return this.#parser;
  }

  get upgradeCredentials(): UpgradeCredentials | undefined {
    return this.#phase.is === 'connecting' ? this.#phase.upgrade : undefined;
  }

  get userId(): string | undefined {
    return this.#phase.is === 'connected' ? this.#phase.client.identity.userId : undefined;
  }

  /** True until nothing more can be written to the client. */
  get isLive(): boolean {
    return this.#phase.is === 'connecting' || this.#phase.is === 'connected';
  }

  received(bytes: Uint8Array): void {
    if (!this.isLive) return;
    this.#heardAt = this.services.sweptAt;
    if (this.#phase.is === 'connecting') this.#countPreconnect(bytes.length);
    if (!this.#congested) this.#parse(bytes);
    else if (bytes.length > 0) this.#wait(bytes);
  }

  tooLarge(): void {
    const { FRAME_BYTES, PRECONNECT_BYTES } = this.services.limits;
    const why =
      this.#phase.is === 'connecting'
        ? `More than ${PRECONNECT_BYTES} octets came before CONNECTED.`
        : `The message is too large: send several. A frame may have ${FRAME_BYTES} octets.`;
    this.fail(new StompBreach(why, { code: 'TOO_LARGE' }));
  }

  closed(): void {
    this.#parseAll();
    const phase = this.#phase;
    if (phase.is === 'connected') {
      this.#phase = { is: 'gone', client: phase.client };
      this.#leave(phase.client);
      this.#queue.afterAll(() => {
        this.#phase = OVER;
      });
    } else if (phase.is === 'connecting') {
      this.#phase = OVER;
      this.#queue.clear();
      this.services.sessionEnded(this, undefined);
    }
    this.#parser.stop();
  }

  onFrame(frame: StompFrame): void {
    this.#queue.push(frame);
  }

  // What the queue asks for.

  overlaps(frame: StompFrame): boolean {
    const waitsForStore = frame.command === 'SEND' || frame.command === 'ACK';
    return waitsForStore && this.#phase.is !== 'connecting' && !frame.headers.has('transaction');
  }

  run(frame: StompFrame): void | Promise<void> {
    const phase = this.#phase;
    const command = COMMANDS.get(frame.command);
    if (phase.is === 'over') return;
    if (command === undefined) throw new StompBreach('The command is not one that a client of STOMP sends.');
    if (command.in === 'connecting') {
      if (phase.is !== 'connecting') throw new StompBreach('This connection is connected already.');
      return command.run(this, frame);
    }
    if (phase.is === 'connecting') throw new StompBreach('The first frame must be CONNECT or STOMP.');
    if (phase.is === 'gone' && !command.survivesClient) return;
    return command.run(phase.client, frame);
  }

  succeeded(frame: StompFrame): void {
    if (this.#phase.is !== 'connected') return;
    const receipt = frame.headers.get('receipt');
    // CONNECT has none (stomp-rules 35): CONNECTED is its answer.
    if (receipt !== undefined && !isConnect(frame)) this.writeFrame('RECEIPT', [['receipt-id', receipt]]);
    if (frame.command === 'DISCONNECT') this.end(NORMAL_CLOSE, '');
  }

  failed(frame: StompFrame, thrown: unknown): void {
    if (thrown instanceof SendRefused) return;
    this.#end(thrown, frame.headers.get('receipt'));
  }

  congested(isCongested: boolean): void {
    this.#congested = isCongested;
    if (!isCongested) this.#parseUnparsed();
    this.#pauseOrResume();
  }

  // What commands ask for.

  /** CONNECT has been answered: `client` is who every later frame is from. */
  connected(client: ConnectedClient): void {
    this.#phase = { is: 'connected', client };
    this.#parser.limits = this.services.parserLimits;
    this.#beatAt = this.services.sweptAt;
    this.services.sessionConnected(this, client.identity.userId);
  }

  writeFrame(command: string, headers: Iterable<readonly [string, string]>, body?: string): void {
    const frame = serializeFrame({ command, headers, body }, this.#parser.version);
    this.write(this.transport.frame(frame));
  }

  /** Answers to a client that asks and asks and never reads must not pile up: it is not read from until it has taken them. */
  write(framed: Uint8Array): void {
    const { transport, services } = this;
    transport.write(framed);
    if (this.#unread || transport.queuedBytes <= services.limits.SEND_BUFFER_BYTES) return;
    this.#unread = true;
    this.#pauseOrResume();
    transport.onceDrained(() => {
      this.#unread = false;
      this.#pauseOrResume();
    });
  }

  fail(thrown: unknown): void {
    this.#end(thrown, undefined);
  }

  /** Ends the connection without an ERROR frame. What is under way goes on, without anybody to tell. */
  end(code: number, reason: string): void {
    if (!this.isLive) return;
    const phase = this.#phase;
    this.#phase = OVER;
    this.#parser.stop();
    this.#unparsed = undefined;
    this.#queue.clear();
    if (phase.is === 'connected') this.#leave(phase.client);
    else this.services.sessionEnded(this, undefined);
    this.transport.close(code, reason);
  }

  /** As `end`, once every frame that the client has sent so far is answered. */
  endAfterAnswers(code: number, reason: string): void {
    if (!this.isLive) return;
    this.#parseAll();
    this.#parser.stop();
    this.#queue.afterAll(() => this.end(code, reason));
  }

  /** Called about each second: beats, and ends what has been silent, unconnected or valid for too long. */
  sweep(now: number, epochMillis: number): void {
    const phase = this.#phase;
    if (phase.is === 'connecting') {
      if (now - this.#begunAt > this.services.limits.CONNECT_SECONDS) {
        this.fail(new StompBreach('No CONNECT frame came in time.'));
      }
      return;
    }
    if (phase.is !== 'connected') return;
    const { heartBeat, identity } = phase.client;
    // Who is not read from cannot be heard; whether they take what is written is the outlet's to judge.
    if (this.#congested || this.#unread) this.#heardAt = now;
    if (identity.expiresAt !== undefined && identity.expiresAt <= epochMillis) {
      this.fail(new RtdError('UNAUTHENTICATED', 'The token has expired. Connect again with a newer one.'));
    } else if (heartBeat.expectEvery > 0 && (now - this.#heardAt - 1) * 1_000 > 2 * heartBeat.expectEvery) {
      this.end(PROTOCOL_ERROR, 'No heart-beat came in twice the agreed time.');
    } else if (heartBeat.sendEvery > 0 && now - this.#beatAt >= beatSeconds(heartBeat.sendEvery)) {
      this.#beatAt = now;
      // What is still queued will be the sign of life.
      if (this.transport.queuedBytes === 0) this.transport.write(this.transport.frame(HEART_BEAT));
    }
  }

  #wait(bytes: Uint8Array): void {
    this.#unparsed ??= [];
    this.#unparsed.push(bytes);
  }

  /** Up to where the client has sent too much; the rest waits as it is. */
  #parse(bytes: Uint8Array): void {
    if (bytes.length <= PIECE_BYTES) {
      this.#push(bytes);
      return;
    }
    let offset = 0;
    while (offset < bytes.length && !this.#congested) {
      this.#push(bytes.subarray(offset, offset + PIECE_BYTES));
      offset += PIECE_BYTES;
    }
    if (offset >= bytes.length || !this.isLive) return;
    this.#unparsed ??= [];
    this.#unparsed.unshift(bytes.subarray(offset));
  }

  #parseUnparsed(): void {
    while (!this.#congested) {
      const next = this.#unparsed?.shift();
      if (this.#unparsed?.length === 0) this.#unparsed = undefined;
      if (next === undefined) return;
      this.#parse(next);
    }
  }

  /** Whatever it takes: nothing more will come. */
  #parseAll(): void {
    const all = this.#unparsed ?? [];
    this.#unparsed = undefined;
    for (const bytes of all) this.#push(bytes);
  }

  #push(bytes: Uint8Array): void {
    try {
      this.#parser.push(bytes);
    } catch (thrown) {
      const receiptId = thrown instanceof StompError ? thrown.receiptId : undefined;
      // The frames before it come first.
      this.#queue.afterAll(() => this.#end(thrown, receiptId));
    }
  }

  #pauseOrResume(): void {
    if (!this.isLive) return;
    if (this.#congested || this.#unread) this.transport.pause();
    else this.transport.resume();
  }

  #countPreconnect(bytes: number): void {
    this.#preconnectBytes += bytes;
    const limit = this.services.limits.PRECONNECT_BYTES;
    if (this.#preconnectBytes <= limit) return;
    this.fail(new StompBreach(`More than ${limit} octets came before CONNECTED.`, { code: 'TOO_LARGE' }));
  }

  #end(thrown: unknown, receiptId: string | undefined): void {
    if (!this.isLive) return;
    const { code, message, retryable, headers, closeCode } = endingOf(thrown);
    if (code === 'INTERNAL')
      this.services.log.error({ err: toRtdError(thrown).cause ?? thrown }, 'a STOMP frame failed');
    else this.services.log.debug({ code, peer: this.transport.peerAddress, userId: this.userId }, message);
    const receipt: [string, string][] = receiptId === undefined ? [] : [['receipt-id', receiptId]];
    this.writeFrame(
      'ERROR',
      [...receipt, ['message', message], ['code', code], ['retryable', String(retryable)], ...headers, TEXT],
      `${message}\n`,
    );
    this.end(closeCode, message);
  }

  #leave(client: ConnectedClient): void {
    client.end();
    this.services.sessionEnded(this, client.identity.userId);
  }
}

const TEXT: readonly [string, string] = ['content-type', 'text/plain'];

function isConnect(frame: StompFrame): boolean {
  return frame.command === 'CONNECT' || frame.command === 'STOMP';
}

function beatSeconds(everyMillis: number): number {
  return Math.max(1, Math.floor(everyMillis / 1_000) - BEAT_MARGIN_SECONDS);
}

function phaseBefore(headers: IncomingHttpHeaders): Phase {
  const { authorization } = headers;
  const userId = userIdHeader(headers['x-user-id']);
  if (authorization === undefined && userId === undefined) return ANONYMOUS;
  return { is: 'connecting', upgrade: { authorization, userId } };
}
