import { ERRORS } from '@rtd/protocol';
import { MADE, table } from './table.ts';

const MEANINGS: Readonly<Record<keyof typeof ERRORS, string>> = {
  VALIDATION: 'Something in the request does not fit; the message names it.',
  TOO_LARGE: 'The frame or body is over its limit.',
  RATE_LIMITED: 'Too many messages of this user; the message says how long to wait.',
  UNAUTHENTICATED: 'The token is missing, wrong or at its end.',
  FORBIDDEN: 'Not allowed, or not there: both are answered alike.',
  NOT_FOUND: 'There is no such path or thing.',
  CONFLICT: 'The id is in use.',
  STORE_UNAVAILABLE: 'The message store cannot be used; nothing was stored.',
  UNAVAILABLE: 'A backend cannot be used, or the server is about to stop.',
  INTERNAL: 'The server failed on this request; its log says why.',
  RESUME_TRUNCATED: 'A note, not a failure: more was missed than is sent again; the history has the rest.',
};

export function errorsPage(): string {
  const rows = Object.entries(MEANINGS).map(([code, meaning]) => {
    const { status, retryable } = ERRORS[code as keyof typeof ERRORS];
    return [`\`${code}\``, code === 'RESUME_TRUNCATED' ? '' : String(status), retryable ? 'yes' : 'no', meaning];
  });
  return `# Error codes

${MADE}

The same codes everywhere: in the body of an HTTP error (\`{"error": {"code", "message"}}\`), in the \`code\` header of a STOMP
ERROR, and on \`/user/queue/errors\`. Programs match on the code, people read the message.

${table(['code', 'HTTP', 'worth trying again', 'meaning'], rows)}
`;
}
