/** One step of an exchange, as it is explained: what happened, in which clause it stands, and every byte with its meaning. */

/** Bytes that belong together. */
export interface Field {
  readonly bytes: Buffer;
  /** The bytes as a person reads them, where they are a line of text. */
  readonly text?: string | undefined;
  readonly meaning: string;
  /** True for bytes that are not on the wire like this: unmasked ones. Their offsets begin anew. */
  readonly unmasked?: boolean | undefined;
  /** As in `RFC 6455, 5.2`; undefined where it is that of the step. */
  readonly clause?: string | undefined;
}

export interface Step {
  readonly title: string;
  readonly clause: string;
  /** What is to be known before one looks at the bytes. */
  readonly note: string;
  /** Undefined for what has no bytes of ours. */
  readonly direction: 'sent' | 'received' | undefined;
  /** In the order of the wire. */
  readonly fields: readonly Field[];
}

/** A step that is about to take time; shown where somebody waits for it. */
export interface Waiting {
  readonly waitingFor: string;
}

/** What an exchange tells, one after the other, while it goes on. */
export type Exchange = AsyncGenerator<Step | Waiting, void>;

const HIDDEN = 0x2a;

/** The same bytes with `*` in place of every secret, so that their number stays. */
export function withoutSecrets(bytes: Buffer, secrets: readonly string[]): Buffer {
  const shown = Buffer.from(bytes);
  for (const secret of secrets) {
    const length = Buffer.byteLength(secret);
    if (length === 0) continue;
    // Goes on behind what was found: a secret may look like what hides it.
    for (let at = shown.indexOf(secret); at !== -1; at = shown.indexOf(secret, at + length)) {
      shown.fill(HIDDEN, at, at + length);
    }
  }
  return shown;
}
