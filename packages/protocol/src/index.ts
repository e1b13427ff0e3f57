/** The words: everything that the server and its clients must agree on. No I/O, no clock, no state. */
export * from './chat.ts';
export * from './destinations.ts';
export * from './errors.ts';
export * from './ids.ts';
export * from './json.ts';
export * from './limits.ts';
export * from './market.ts';
export * from './presence.ts';
export * from './sse/index.ts';
export * from './stomp/index.ts';
export * from './web-socket-head.ts';
