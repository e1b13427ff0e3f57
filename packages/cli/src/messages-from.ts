/** Lines of a stream as messages: empty ones are none. */
import { createInterface } from 'node:readline';

/** Every line that has something in it, as soon as it is complete. */
export async function* messagesFrom(input: NodeJS.ReadableStream): AsyncGenerator<string> {
  for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    if (line.trim() !== '') yield line;
  }
}
