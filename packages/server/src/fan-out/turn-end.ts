/**
 * The end of a turn of the loop, in two steps: first the topics hand their batches to outlets, then the outlets' bytes go to
 * the kernel. One step right behind the other, so that a message does not wait for another turn in between, and what a
 * client is given from several sides within a turn (a receipt, a message) is still one write.
 *
 * What is asked for while the turn ends belongs to the next one, but for flushes that the topics' step asks for.
 */

/** Something that has work to do at the end of a turn; it keeps that short, and asks again for what is left. */
export interface TurnEnding {
  endTurn(): void;
}

let topics: TurnEnding[] = [];
let writers: TurnEnding[] = [];
let scheduled = false;

/** Has `topic.endTurn` called once, at the end of this turn, before any writer's. */
export function handOverAtTurnEnd(topic: TurnEnding): void {
  topics.push(topic);
  schedule();
}

/** Has `writer.endTurn` called once, at the end of this turn, after every topic's. */
export function flushAtTurnEnd(writer: TurnEnding): void {
  writers.push(writer);
  schedule();
}

function schedule(): void {
  if (scheduled) return;
  scheduled = true;
  setImmediate(endTurn);
}

function endTurn(): void {
  const handingOver = topics;
  topics = [];
  for (const topic of handingOver) topic.endTurn();
  const flushing = writers;
  writers = [];
  scheduled = false;
  if (topics.length > 0) schedule();
  for (const writer of flushing) writer.endTurn();
}
