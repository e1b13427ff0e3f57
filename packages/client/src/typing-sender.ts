/** Tells the others that somebody types: after 500 ms of typing, renewed while it lasts, ended after 2 s without. */

export interface TypingSender {
  /** Call it at every key press in the input line. */
  keyPressed(): void;
  /** Call it when the message is sent or the line emptied: ends the mark at once. */
  stopped(): void;
}
