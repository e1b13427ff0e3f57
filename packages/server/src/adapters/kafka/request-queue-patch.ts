/**
 * kafkajs 2.2.4 asks for a timer of a negative time after every request (`throttledUntil` is -1 as long as a broker does
 * not throttle). Node >= 24 warns of that (`TimeoutNegativeWarning`) and makes it 1 ms, and each such timer sets the next:
 * every connection spins at 1,000 Hz for ever. With this patch a check is scheduled only where something waits for it.
 */
import RequestQueue from 'kafkajs/src/network/requestQueue/index.js';

/** What kafkajs itself waits where requests are queued and nothing throttles. */
const CHECK_MILLIS = 10;

RequestQueue.prototype.scheduleCheckPendingRequests = function scheduleCheckPendingRequests(): void {
  if (this.throttleCheckTimeoutId !== null || this.pending.length === 0) return;
  const throttled = this.throttledUntil - Date.now();
  this.throttleCheckTimeoutId = setTimeout(
    () => {
      this.throttleCheckTimeoutId = null;
      this.checkPendingRequests();
    },
    throttled > 0 ? throttled : CHECK_MILLIS,
  );
};
