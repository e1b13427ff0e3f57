/**
 * Calls somebody else's function. What it throws is theirs to see (an uncaught error of the program, as with any event
 * listener), and does no harm to the link that called it.
 */
export function callListener<Value>(listener: (value: Value) => void, value: Value): void {
  try {
    listener(value);
  } catch (thrown) {
    queueMicrotask(() => {
      throw thrown;
    });
  }
}
