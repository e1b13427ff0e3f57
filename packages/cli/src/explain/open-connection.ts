/** The beginning of every exchange: TCP, TLS where the address asks for it, and an HTTP request with its answer. */
import { TLSSocket } from 'node:tls';
import { RawSocket } from '../wire/raw-socket.ts';
import type { Target } from '../wire/target.ts';
import { WireError } from '../wire/wire-error.ts';
import { responseFields } from './http-fields.ts';
import { type Field, type Step, withoutSecrets } from './step.ts';

const END = '\r\n\r\n';
const LONGEST_HEAD = 65_536;

export interface ExplainOptions {
  readonly target: Target;
  readonly timeoutMillis: number;
  readonly token: string | undefined;
  /** Never shown, not in hex either. */
  readonly secrets: readonly string[];
}

export interface OpenConnection {
  readonly socket: RawSocket;
  readonly steps: readonly Step[];
}

/** @throws WireError */
export async function openConnection({ target, timeoutMillis }: ExplainOptions): Promise<OpenConnection> {
  const begun = performance.now();
  const socket = await RawSocket.connect(target, { timeoutMillis });
  const millis = (performance.now() - begun).toFixed(1);
  const { localAddress, localPort, remoteAddress, remotePort } = socket.socket;
  const steps: Step[] = [
    {
      title: 'TCP: a connection',
      clause: 'RFC 9293, 3.5',
      note:
        `${localAddress}:${localPort} -> ${remoteAddress}:${remotePort}, in ${millis} ms. The two kernels have sent SYN, SYN+ACK and ACK; ` +
        'none of it are bytes of ours. From here on bytes arrive in order, each once, or the connection breaks.',
      direction: undefined,
      fields: [],
    },
  ];
  if (socket.socket instanceof TLSSocket) {
    const { socket: tls } = socket;
    steps.push({
      title: 'TLS: nobody else reads along',
      clause: 'RFC 8446, 2',
      note: `${tls instanceof TLSSocket ? `${tls.getProtocol() ?? 'TLS'}, ${tls.getCipher().name}` : 'TLS'}. The certificate is good. What follows is shown as it is inside.`,
      direction: undefined,
      fields: [],
    });
  }
  return { socket, steps };
}

/** The head of the answer as bytes; what came behind it stays unread. @throws WireError */
export async function headBytes(socket: RawSocket, timeoutMillis: number): Promise<Buffer> {
  const deadline = performance.now() + timeoutMillis;
  let bytes: Buffer = Buffer.alloc(0);
  while (bytes.length <= LONGEST_HEAD) {
    const chunk = await socket.read(Math.max(1, deadline - performance.now()));
    if (chunk === undefined) throw new WireError('closed', 'the connection was closed before an answer');
    bytes = Buffer.concat([bytes, chunk]);
    const end = bytes.indexOf(END);
    if (end === -1) continue;
    socket.unread(bytes.subarray(end + END.length));
    return bytes.subarray(0, end + END.length);
  }
  throw new WireError('garbled', 'the head of the answer has no end');
}

export function statusOf(head: Buffer): number {
  return Number(/^HTTP\/1\.[01] (\d{3})/.exec(head.toString('latin1', 0, 16))?.[1] ?? 0);
}

/** The answer to a request, explained. */
export function answerStep(title: string, head: Buffer, note: string, clause: string): Step {
  return { title, clause, note, direction: 'received', fields: responseFields(head) };
}

/** `fields` with secrets hidden. */
export function hidden(fields: readonly Field[], secrets: readonly string[]): readonly Field[] {
  return fields.map((field) => ({
    ...field,
    bytes: withoutSecrets(field.bytes, secrets),
    text: field.text === undefined ? undefined : withoutSecrets(Buffer.from(field.text), secrets).toString('utf8'),
  }));
}
