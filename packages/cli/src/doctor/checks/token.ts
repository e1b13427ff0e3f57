import { askHttp } from '../../wire/http-ask.ts';
import { type Check, fail, pass, skip, warn } from '../check.ts';
import type { Surroundings } from '../surroundings.ts';
import { wireFailure } from './wire-failure.ts';

/** As much as servers of ours let clocks differ. */
const LEEWAY_SECONDS = 30;
const SOON_SECONDS = 300;
const NEW = 'export RTD_TOKEN=...   # a new one, of whoever issues them';

export const token: Check = {
  id: 'token',
  stretch: 'network',
  title: 'the token',
  needs: ['http'],
  run: async (surroundings) => {
    const { identity, now } = surroundings;
    if (identity.token === undefined) return await withoutToken(surroundings);
    const asked = 'what RTD_TOKEN says of itself';
    const said = claimsOf(identity.token);
    if (said === undefined) return await shown(surroundings, 'it is no JSON Web Token');
    const { header, claims } = said;
    const seconds = now() / 1_000;
    const answered = describe(header, claims, seconds);
    const fault = faultOf(claims, seconds);
    if (fault !== undefined) return fail({ asked, answered }, fault, NEW);
    return await shown(surroundings, answered, claims.exp === undefined ? undefined : claims.exp - seconds);
  },
};

/** Whether the server takes it, whatever it says of itself. */
async function shown(surroundings: Surroundings, answered: string, secondsLeft = Number.POSITIVE_INFINITY) {
  const { target, timeoutMillis, httpIdentity } = surroundings;
  if (!(await surroundings.isOurs())) {
    return pass(
      { asked: 'what RTD_TOKEN says of itself', answered },
      'It looks good; whether the server takes it, stomp-connect finds out.',
    );
  }
  const asked = `GET ${target.url}/api/conversations with RTD_TOKEN`;
  try {
    const answer = await askHttp(target, { path: '/api/conversations', headers: httpIdentity, timeoutMillis });
    const evidence = { asked, answered: `${answer.statusText}; ${answered}` };
    if (answer.status === 401) {
      return fail(
        evidence,
        'The server refuses it: signed with another key, for another audience, or by another issuer.',
        NEW,
      );
    }
    if (answer.status !== 200)
      return fail(
        evidence,
        'The server could not check it: can it reach its keys (RTD_JWKS_URL)?',
        `curl -i ${target.url}/readyz`,
      );
    if (secondsLeft < SOON_SECONDS) return warn(evidence, 'It ends in minutes: connections are closed then.', NEW);
    return pass(evidence, 'The server takes it.');
  } catch (error) {
    return wireFailure(error, asked, { silent: 'No answer in time.', otherwise: 'It could not be asked.', fix: NEW });
  }
}

async function withoutToken(surroundings: Surroundings) {
  const { target, timeoutMillis, httpIdentity } = surroundings;
  if (!(await surroundings.isOurs())) return skip('RTD_TOKEN is not set.');
  const asked = `GET ${target.url}/api/conversations without a token`;
  try {
    const answer = await askHttp(target, { path: '/api/conversations', headers: httpIdentity, timeoutMillis });
    const evidence = { asked, answered: `${answer.statusText} without a token` };
    if (answer.status === 401) return fail(evidence, 'This server wants a token, and RTD_TOKEN is not set.', NEW);
    return pass(evidence, 'The server is open: everybody is who they say, and no token is needed.');
  } catch (error) {
    return wireFailure(error, asked, { silent: 'No answer in time.', otherwise: 'It could not be asked.', fix: NEW });
  }
}

interface Claims {
  readonly sub: string | undefined;
  readonly iss: string | undefined;
  readonly exp: number | undefined;
  readonly nbf: number | undefined;
  readonly iat: number | undefined;
}

/** Nothing is verified here. Undefined for what is no JWT. */
function claimsOf(text: string): { readonly header: string; readonly claims: Claims } | undefined {
  const [head = '', body = '', ...rest] = text.split('.');
  const header = objectIn(head);
  const payload = objectIn(body);
  if (rest.length !== 1 || header === undefined || payload === undefined) return undefined;
  const word = (name: string): string | undefined => {
    const value = payload.get(name);
    return typeof value === 'string' ? value : undefined;
  };
  const number = (name: string): number | undefined => {
    const value = payload.get(name);
    return typeof value === 'number' ? value : undefined;
  };
  const claims = { sub: word('sub'), iss: word('iss'), exp: number('exp'), nbf: number('nbf'), iat: number('iat') };
  return { header: String(header.get('alg') ?? 'no alg'), claims };
}

function objectIn(part: string): ReadonlyMap<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null ? new Map(Object.entries(value)) : undefined;
  } catch {
    return undefined;
  }
}

function describe(header: string, { sub, iss, exp }: Claims, seconds: number): string {
  const end =
    exp === undefined
      ? 'without an end'
      : exp < seconds
        ? `expired ${spanOf(seconds - exp)} ago`
        : `ends in ${spanOf(exp - seconds)}`;
  return [header, sub === undefined ? 'no sub' : `sub ${sub}`, iss === undefined ? '' : `iss ${iss}`, end]
    .filter((part) => part !== '')
    .join(', ');
}

function faultOf({ sub, exp, nbf, iat }: Claims, seconds: number): string | undefined {
  if (exp !== undefined && exp + LEEWAY_SECONDS < seconds) return 'It has expired.';
  if (nbf !== undefined && nbf - LEEWAY_SECONDS > seconds)
    return 'It is not valid yet: this clock, or that of its issuer, is wrong (clock skew).';
  if (iat !== undefined && iat - LEEWAY_SECONDS > seconds)
    return 'It was issued in the future: this clock, or that of its issuer, is wrong (clock skew).';
  return sub === undefined ? 'It does not say whose it is (sub).' : undefined;
}

function spanOf(seconds: number): string {
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)} minutes`;
  return seconds < 172_800 ? `${Math.round(seconds / 3_600)} hours` : `${Math.round(seconds / 86_400)} days`;
}
