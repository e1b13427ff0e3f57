export * from './choose-version.ts';
export * from './frame.ts';
export * from './heart-beat.ts';
export * from './stomp-error.ts';
export * from './stomp-parser.ts';
export * from './stomp-serializer.ts';
