/**
 * The WebSocket handshake on a raw socket, with what was sent laid beside what came back. A proxy that does not know
 * WebSocket eats headers on one of the two ways; which one shows in how the server, or the answer, looks without it.
 */
import { type HeaderList, headerOf, type ResponseHead } from '../../wire/http-head.ts';
import { RawSocket } from '../../wire/raw-socket.ts';
import {
  askForUpgrade,
  faultsOf,
  type UpgradeOptions,
  type UpgradeRequest,
  upgradeRequest,
} from '../../wire/raw-web-socket.ts';
import type { Target } from '../../wire/target.ts';
import { WireError } from '../../wire/wire-error.ts';
import { type Check, type Finding, fail, pass } from '../check.ts';
import { wireFailure } from './wire-failure.ts';

const NGINX =
  'proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade";   # nginx, in the location of the server';
/** Where servers of STOMP usually have their WebSocket: RabbitMQ and Spring's guide, Artemis, ActiveMQ; the last is that of SockJS. */
const USUAL_PATHS = ['/ws', '/stomp', '/websocket', '/ws/websocket'];
const BODY_MILLIS = 500;
/** Hop-by-hop (RFC 9110, section 7.6.1): what a proxy that does not know WebSocket takes away. */
const HANDSHAKE = ['Upgrade', 'Connection', 'Sec-WebSocket-Accept'] as const;

export const wsUpgrade: Check = {
  id: 'ws-upgrade',
  stretch: 'websocket',
  title: 'the WebSocket handshake',
  needs: ['http', 'token'],
  http: true,
  run: async ({ target, timeoutMillis, handshake }) => {
    const request = upgradeRequest(target, handshake);
    const asked = `GET ${target.webSocketPath} with ${namesOf(request.headers)}`;
    try {
      using socket = await RawSocket.connect(target, { timeoutMillis });
      const answer = await askForUpgrade(socket, request, timeoutMillis);
      const faults = faultsOf(request, answer);
      if (faults.length === 0) {
        return pass(
          { asked, answered: `${answer.statusLine}, Sec-WebSocket-Accept is right` },
          'Every header of the handshake came through, both ways.',
        );
      }
      return answer.status === 101
        ? eatenOnTheWayBack(asked, answer, faults)
        : await refused(asked, { target, timeoutMillis, handshake }, request, answer, socket);
    } catch (error) {
      return wireFailure(error, asked, {
        silent:
          'Plain HTTP is answered and the handshake is not: something in between holds it back, waiting for a body or an answer that ends.',
        closed: 'The connection is cut where it should become a WebSocket: something in between does not let it.',
        otherwise: 'What came back is no answer to a handshake.',
        fix: NGINX,
      });
    }
  },
};

function namesOf(headers: HeaderList): string {
  return headers
    .map(([name]) => name)
    .filter((name) => name !== 'Host')
    .join(', ');
}

function eatenOnTheWayBack(asked: string, answer: ResponseHead, faults: readonly string[]): Finding {
  const eaten = HANDSHAKE.filter((name) => headerOf(answer.headers, name) === undefined);
  const evidence = {
    asked,
    answered: `${answer.statusLine}, but ${faults.join('; ')}. Came back: ${namesOf(answer.headers)}`,
  };
  if (eaten.length === 0) {
    return fail(evidence, 'The handshake came back changed: a cache or a proxy answers in place of the server.', NGINX);
  }
  return fail(
    evidence,
    `On the way back something ate the header ${eaten.join(', ')}: browsers refuse such an answer.`,
    NGINX,
  );
}

interface Way {
  readonly target: Target;
  readonly timeoutMillis: number;
  readonly handshake: UpgradeOptions;
}

function webSocketUrl({ secure, authority }: Target, path: string): string {
  return `${secure ? 'wss' : 'ws'}://${authority}${path}`;
}

/** The first of the usual paths at which a WebSocket opens; undefined where none does. */
async function pathOfAnother({ target, timeoutMillis, handshake }: Way): Promise<string | undefined> {
  const typed = target.pathIsGiven ? target.webSocketPath.replace(/[?].*$/, '') : target.prefix;
  const usual = target.pathIsGiven ? [] : USUAL_PATHS.map((path) => `${target.prefix}${path}`);
  // What SockJS calls its endpoint has its WebSocket one step deeper.
  for (const path of new Set([`${typed}/websocket`, ...usual])) {
    const request = upgradeRequest({ ...target, webSocketPath: path }, handshake);
    try {
      using socket = await RawSocket.connect(target, { timeoutMillis });
      if (faultsOf(request, await askForUpgrade(socket, request, timeoutMillis)).length === 0) return path;
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
    }
  }
  return undefined;
}

async function refused(
  asked: string,
  way: Way,
  request: UpgradeRequest,
  answer: ResponseHead,
  socket: RawSocket,
): Promise<Finding> {
  const { target } = way;
  const body = await startOfBody(socket);
  const said = body === '' ? '' : `, ${JSON.stringify(body.slice(0, 160))}`;
  const evidence = { asked, answered: `${answer.statusLine}${said}` };
  const { status } = answer;
  const eaten = eatenOnTheWayThere(status, body, answer);
  if (eaten !== undefined) {
    return fail(
      evidence,
      `On the way there something ate the header ${eaten}: the server has seen ${eaten === 'Upgrade' ? 'a plain GET' : 'a handshake without it'}.`,
      NGINX,
    );
  }
  if (status === 401)
    return fail(evidence, 'The server wants to know who it is before the handshake.', 'export RTD_TOKEN=...');
  if (status === 403) {
    return fail(
      evidence,
      'The server, or something in between, does not let this Host or address in.',
      `export RTD_ALLOWED_ORIGINS=${target.url}   # for the server`,
    );
  }
  const elsewhere = status === 400 || status === 404 ? await pathOfAnother(way) : undefined;
  if (elsewhere !== undefined) {
    return fail(
      evidence,
      `There is no WebSocket at that path, and there is one at ${elsewhere}.`,
      `rtd doctor --url ${webSocketUrl(target, elsewhere)}`,
    );
  }
  if (status === 404)
    return fail(
      evidence,
      'There is no WebSocket at that path.',
      `rtd doctor --url ${webSocketUrl(target, '/ws')}   # with the right path`,
    );
  if (status >= 500)
    return fail(evidence, 'A proxy answers, and the server behind it does not take the handshake.', NGINX);
  if (status >= 300 && status < 400)
    return fail(
      evidence,
      `It redirects to ${headerOf(answer.headers, 'location') ?? 'elsewhere'}, which no WebSocket client follows.`,
      undefined,
    );
  return fail(
    evidence,
    `It answers ${status} and not 101: what is there does not know WebSocket, or does not get ${namesOf(request.headers)}.`,
    NGINX,
  );
}

/** How servers answer when one header is missing: ours and those made with `ws`, and RFC 6455, 4.4 and RFC 9110, 15.5.22. */
function eatenOnTheWayThere(status: number, body: string, answer: ResponseHead): string | undefined {
  if (/sec-websocket-key/i.test(body)) return 'Sec-WebSocket-Key';
  if (
    /sec-websocket-version/i.test(body) ||
    (status !== 426 && headerOf(answer.headers, 'sec-websocket-version') !== undefined)
  ) {
    return 'Sec-WebSocket-Version';
  }
  // SockJS greets who asks plainly; others say that an upgrade is required, or what they miss.
  if (/Welcome to SockJS/.test(body) || status === 426) return 'Upgrade';
  if (/"Upgrade" only|can .?upgrade|upgrade required|invalid upgrade header|missing.*upgrade/i.test(body))
    return 'Upgrade';
  return undefined;
}

async function startOfBody(socket: RawSocket): Promise<string> {
  try {
    return ((await socket.read(BODY_MILLIS)) ?? Buffer.alloc(0)).toString('utf8').trim();
  } catch (error) {
    if (error instanceof WireError) return '';
    throw error;
  }
}
