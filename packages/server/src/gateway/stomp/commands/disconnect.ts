/** DISCONNECT: nothing to do but to be answered and closed, which the session does for it (stomp-rules 53). */
export function disconnect(): void {}
