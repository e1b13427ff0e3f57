export * from './sse-decoder.ts';
export * from './sse-encoder.ts';
