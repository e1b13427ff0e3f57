/**
 * A contender in a process of its own: its heap, its compiled code and its open files are its own. Between the processes
 * go questions and answers, one at a time; both ends of each are written in one file, so their types are trusted.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';

export class PartProcess<Question, Answer> implements AsyncDisposable {
  readonly #child;
  readonly #endedEarly: Promise<never>;

  /** `name` is what a CPU profile of it is called. */
  constructor(module: URL, args: readonly string[], name: string) {
    const execArgv = process.execArgv.map((flag) =>
      flag.startsWith('--cpu-prof-name=') ? `--cpu-prof-name=${name}.cpuprofile` : flag,
    );
    this.#child = fork(module, args, { execArgv });
    this.#endedEarly = once(this.#child, 'exit').then(() => {
      throw new Error(`${name} has ended early`);
    });
    this.#endedEarly.catch(() => {});
  }

  async ask(question: Question): Promise<Answer> {
    const answered = once(this.#child, 'message');
    this.#child.send({ question });
    const [message] = await Promise.race([answered, this.#endedEarly]);
    const { answer, failure }: { answer: Answer; failure?: string } = message;
    if (failure !== undefined) throw new Error(failure);
    return answer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const exited = once(this.#child, 'exit');
    this.#child.disconnect();
    await exited;
  }
}

/** The other end: answers until the parent lets go, then runs `close` and ends. */
export function answerQuestions<Question, Answer>(
  answer: (question: Question) => Promise<Answer>,
  close: () => Promise<void>,
): void {
  process.on('message', ({ question }: { question: Question }) => {
    answer(question).then(
      (given) => process.send?.({ answer: given }),
      (thrown: unknown) => process.send?.({ failure: thrown instanceof Error ? thrown.stack : String(thrown) }),
    );
  });
  const end = (): never => process.exit();
  let closing = false;
  const closeAndEnd = (): void => {
    if (closing) return;
    closing = true;
    close().then(end, end);
  };
  // Ctrl-C reaches every process of the terminal, and a parent may be gone before this one listens.
  for (const event of ['disconnect', 'SIGINT', 'SIGTERM', 'SIGHUP']) process.on(event, closeAndEnd);
  if (!process.connected) closeAndEnd();
}
