/** What a topic promises its subscribers. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createTopic } from '../../src/fan-out/fan-out-topic.ts';
import type { TopicSubscription } from '../../src/fan-out/topic.ts';
import { type RecordingSubscriber, subscriberOf, turn } from './recording-outlet.ts';

/** More than three slices. */
const CROWD = 7_000;

function topicOf(
  overflow: Parameters<typeof createTopic<string>>[0]['overflow'] = { kind: 'close' },
  budgetBytes = 100,
) {
  return createTopic<string>({ overflow, budgetBytes });
}

async function until(condition: () => boolean): Promise<void> {
  for (let turns = 0; !condition(); turns += 1) {
    if (turns > 1_000) throw new Error('it never came to be');
    await turn();
  }
}

describe('a batch', () => {
  it('is what was published within a turn, encoded once a group, one write an outlet, the very same bytes', async () => {
    const topic = topicOf();
    const text = [subscriberOf('text'), subscriberOf('text'), subscriberOf('text')];
    const binary = [subscriberOf('binary'), subscriberOf('binary')];
    for (const subscriber of [...text, ...binary]) topic.subscribe(subscriber);
    topic.publish('a');
    topic.publish('b');
    await turn();
    topic.publish('c');
    await turn();
    for (const group of [text, binary]) {
      expect(group.flatMap(({ encodings }) => encodings)).toEqual([['a', 'b'], ['c']]);
      for (const { outlet } of group) {
        expect(outlet.entries).toEqual(['a', 'b', 'c']);
        expect(outlet.written).toHaveLength(2);
        expect(outlet.written[0]).toBe(group[0]?.outlet.written[0]);
      }
    }
  });

  it('to very many is sent in slices, in which nothing that comes meanwhile overtakes', async () => {
    const topic = topicOf();
    const crowd = Array.from({ length: CROWD }, () => subscriberOf('all'));
    for (const subscriber of crowd) topic.subscribe(subscriber);
    topic.publish('first');
    await turn();
    const served = crowd.filter(({ outlet }) => outlet.written.length > 0).length;
    expect(served).toBeGreaterThan(0);
    expect(served).toBeLessThan(CROWD);
    topic.publish('second');
    topic.publish('third');
    await until(() => crowd.every(({ outlet }) => outlet.entries.length === 3));
    for (const { outlet } of crowd) expect(outlet.entries).toEqual(['first', 'second', 'third']);
    // What came while the first batch was on its way is one batch.
    expect(crowd.flatMap(({ encodings }) => encodings)).toEqual([['first'], ['second', 'third']]);
  });

  it('is not for who joined while it was on its way, nor any more for who left', async () => {
    const topic = topicOf();
    const crowd = Array.from({ length: CROWD }, () => subscriberOf('all'));
    const subscriptions = crowd.map((subscriber) => topic.subscribe(subscriber));
    topic.publish('before');
    await turn();
    const late = subscriberOf('all');
    topic.subscribe(late);
    subscriptions.at(-1)?.unsubscribe();
    subscriptions.at(0)?.unsubscribe();
    topic.publish('after');
    await until(() => late.outlet.entries.includes('after') && crowd[CROWD - 2]?.outlet.entries.length === 2);
    expect(late.outlet.entries).toEqual(['after']);
    expect(crowd[0]?.outlet.entries).toEqual(['before']);
    expect(crowd.at(-1)?.outlet.entries).toEqual([]);
    expect(topic.subscriberCount).toBe(CROWD - 1);
    for (const { outlet } of crowd.slice(1, -1)) expect(outlet.entries).toEqual(['before', 'after']);
  });

  it('is not for who subscribed after it was published, in the same turn', async () => {
    const topic = topicOf();
    const early = subscriberOf('all');
    const late = subscriberOf('all');
    topic.subscribe(early);
    topic.publish('one');
    topic.subscribe(late);
    topic.publish('two');
    await turn();
    expect(early.outlet.entries).toEqual(['one', 'two']);
    expect(late.outlet.entries).toEqual(['two']);
  });
});

it('after unsubscribe not one byte more is written, even of what was published before', async () => {
  const topic = topicOf();
  const leaving = subscriberOf('all');
  const subscription = topic.subscribe(leaving);
  topic.publish('one');
  subscription.unsubscribe();
  subscription.unsubscribe();
  await turn();
  expect(leaving.outlet.written).toEqual([]);
  expect(topic.subscriberCount).toBe(0);
});

it('tells a subscriber what was handed to its outlet, when it was', async () => {
  const topic = topicOf();
  const handed: (readonly string[])[] = [];
  topic.subscribe(subscriberOf('all', { handed: (entries) => handed.push(entries) }));
  topic.publish('a');
  expect(handed).toEqual([]);
  topic.publish('b');
  await turn();
  expect(handed).toEqual([['a', 'b']]);
});

describe('a subscriber over its budget', () => {
  it('is closed once, with the first entry that it missed, where the topic closes', async () => {
    const topic = topicOf({ kind: 'close' });
    const missed: string[] = [];
    const slow = subscriberOf('all', { overflowed: (entry) => missed.push(entry) });
    const quick = subscriberOf('all');
    topic.subscribe(slow);
    topic.subscribe(quick);
    topic.publish('a');
    await turn();
    slow.outlet.queuedBytes = 101;
    topic.publish('b');
    topic.publish('c');
    await turn();
    slow.outlet.drain();
    topic.publish('d');
    await turn();
    expect(missed).toEqual(['b']);
    expect(slow.outlet.entries).toEqual(['a']);
    expect(quick.outlet.entries).toEqual(['a', 'b', 'c', 'd']);
    expect(topic.subscriberCount).toBe(1);
  });

  it('misses entries, and no others, where the topic drops', async () => {
    const topic = topicOf({ kind: 'drop' });
    const slow = subscriberOf('all');
    topic.subscribe(slow);
    for (const [entry, queued] of [
      ['a', 100],
      ['b', 101],
      ['c', 0],
    ] as const) {
      slow.outlet.queuedBytes = queued;
      topic.publish(entry);
      await turn();
    }
    expect(slow.outlet.entries).toEqual(['a', 'c']);
  });

  it('gets the newest a key, in the order of publishing, when it can take it again, where the topic conflates', async () => {
    const topic = topicOf({ kind: 'conflate', keyOf: (entry) => entry.charAt(0) });
    const slow = subscriberOf('all');
    topic.subscribe(slow);
    slow.outlet.queuedBytes = 101;
    for (const entry of ['b1', 'a1', 'c1', 'a2']) {
      topic.publish(entry);
      await turn();
    }
    topic.publish('b2');
    await turn();
    expect(slow.outlet.written).toEqual([]);
    slow.outlet.drain();
    topic.publish('a3');
    await turn();
    expect(slow.outlet.entries).toEqual(['c1', 'a2', 'b2', 'a3']);
    expect(slow.outlet.written).toHaveLength(2);
  });

  it('that leaves while entries are held for it gets none of them', async () => {
    const topic = topicOf({ kind: 'conflate', keyOf: (entry) => entry });
    const slow = subscriberOf('all');
    const subscription = topic.subscribe(slow);
    slow.outlet.queuedBytes = 101;
    topic.publish('a');
    await turn();
    subscription.unsubscribe();
    slow.outlet.drain();
    expect(slow.outlet.written).toEqual([]);
  });

  it('is never over a budget of 0', async () => {
    const topic = topicOf({ kind: 'close' }, 0);
    const full = subscriberOf('all');
    topic.subscribe(full);
    full.outlet.queuedBytes = 1e9;
    topic.publish('a');
    await turn();
    expect(full.outlet.entries).toEqual(['a']);
  });
});

it('law: whatever happens when, each gets exactly what was published while it was subscribed, in order, each once', async () => {
  type Step = 'publish' | 'join' | 'leave' | 'turn';
  const steps = fc.array(fc.constantFrom<Step[]>('publish', 'publish', 'join', 'leave', 'turn'), { maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(steps, fc.boolean(), async (script, crowded) => {
      const topic = topicOf();
      if (crowded) for (let count = 0; count < 3_000; count += 1) topic.subscribe(subscriberOf('crowd'));
      const present: { subscriber: RecordingSubscriber; subscription: TopicSubscription; due: string[] }[] = [];
      const gone: { subscriber: RecordingSubscriber; due: string[]; got: number }[] = [];
      let published = 0;
      for (const [at, step] of script.entries()) {
        if (step === 'publish') {
          published += 1;
          topic.publish(`e${published}`);
          for (const { due } of present) due.push(`e${published}`);
        } else if (step === 'join') {
          const subscriber = subscriberOf(at % 2 === 0 ? 'crowd' : 'other');
          present.push({ subscriber, subscription: topic.subscribe(subscriber), due: [] });
        } else if (step === 'leave') {
          const [left] = present.splice(at % Math.max(1, present.length), 1);
          left?.subscription.unsubscribe();
          if (left !== undefined) gone.push({ ...left, got: left.subscriber.outlet.entries.length });
        } else await turn();
      }
      // Not one left to wait for: as many turns as there could be slices.
      for (let turns = 0; turns < script.length * 3 + 3; turns += 1) await turn();
      for (const { subscriber, due } of present) expect(subscriber.outlet.entries).toEqual(due);
      for (const { subscriber, due, got } of gone) {
        expect(subscriber.outlet.entries).toEqual(due.slice(0, got));
      }
    }),
    { numRuns: 100 },
  );
});
