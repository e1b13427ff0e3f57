/**
 * The parts of kafkajs 2.2.4 behind its public face that this folder uses, typed as far as they are used. The version is
 * pinned; `kafka-log-reader.ts` says why it goes behind, and the contract suite of the tick log is what holds it.
 */
declare module 'kafkajs/src/cluster/index.js' {
  import type { Logger } from 'kafkajs';

  interface FetchedRecord {
    readonly offset: string;
    readonly key: Buffer | null;
    readonly value: Buffer | null;
    readonly isControlRecord?: boolean;
  }
  interface FetchedPartition {
    readonly partition: number;
    readonly highWatermark: string;
    readonly messages: readonly FetchedRecord[];
  }
  export interface Broker {
    fetch(request: {
      isolationLevel: number;
      maxWaitTime: number;
      minBytes: number;
      maxBytes: number;
      topics: { topic: string; partitions: { partition: number; fetchOffset: string; maxBytes: number }[] }[];
    }): Promise<{ readonly responses: readonly { readonly partitions: readonly FetchedPartition[] }[] }>;
  }
  export default class Cluster {
    constructor(options: {
      logger: Logger;
      socketFactory: unknown;
      brokers: readonly string[];
      clientId: string;
      connectionTimeout: number;
      requestTimeout: number;
      enforceRequestTimeout: boolean;
      metadataMaxAge: number;
      retry: { retries: number; initialRetryTime: number };
      allowAutoTopicCreation: boolean;
      maxInFlightRequests: null;
      isolationLevel: number;
    });
    connect(): Promise<void>;
    disconnect(): Promise<void>;
    addTargetTopic(topic: string): Promise<void>;
    refreshMetadata(): Promise<void>;
    refreshMetadataIfNecessary(): Promise<void>;
    findBroker(options: { nodeId: string }): Promise<Broker>;
    findTopicPartitionMetadata(topic: string): readonly { readonly partitionId: number; readonly leader: number }[];
    findLeaderForPartitions(topic: string, partitions: readonly number[]): Readonly<Record<string, readonly number[]>>;
    fetchTopicsOffset(
      topics: readonly { topic: string; partitions: readonly { partition: number }[]; fromBeginning: boolean }[],
    ): Promise<readonly { readonly partitions: readonly { readonly partition: number; readonly offset: string }[] }[]>;
  }
}

declare module 'kafkajs/src/network/socketFactory.js' {
  export default function socketFactory(): unknown;
}

declare module 'kafkajs/src/loggers/index.js' {
  import type { Logger, logCreator } from 'kafkajs';

  const loggers: { createLogger(options: { level: number; logCreator: logCreator }): Logger };
  export default loggers;
}

declare module 'kafkajs/src/network/requestQueue/index.js' {
  export default class RequestQueue {
    readonly pending: readonly unknown[];
    throttledUntil: number;
    throttleCheckTimeoutId: NodeJS.Timeout | null;
    checkPendingRequests(): void;
    scheduleCheckPendingRequests(): void;
  }
}
