/** As many values on the stack as a question and its answer need at most: 64 KiB. */
const ROOM: readonly number[] = new Array<number>(8192).fill(0);

/**
 * A guest deep in a recursion must not run out of stack between its question and the answer: the answer would be left lying and
 * taken for that of the next question. So the stack is tried out first, and a guest without room is ended before it asks.
 */
export function withRoom<Question, Answer>(
  ask: (message: Question) => Answer,
): (message: Question) => Answer {
  return message => {
    Math.hypot(...ROOM);
    return ask(message);
  };
}
