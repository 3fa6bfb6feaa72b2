import t from "tap";
import { PiecewiseAnswers } from "../../src/daemon/piecewise-answers.ts";

/** Answers of `count` pieces, numbered from 1, that note how many were made. */
class Pieces {
  made = 0;
  ended = false;

  *answer(count: number): Generator<Uint8Array> {
    try {
      for (let piece = 1; piece <= count; piece++) {
        this.made++;
        yield Uint8Array.of(piece);
      }
    } finally {
      this.ended = true;
    }
  }
}

t.test("an answer of one piece, or of none, is over at once", async (t) => {
  const answers = new PiecewiseAnswers();
  t.same(answers.begin(1, new Pieces().answer(1)), { reply: Uint8Array.of(1), more: false });
  t.same(answers.begin(2, new Pieces().answer(0)), { more: false });
  t.equal(answers.size, 0);
});

t.test("pieces are made one ahead of those asked for, and the last is known as such", async (t) => {
  const answers = new PiecewiseAnswers();
  const pieces = new Pieces();
  t.same(answers.begin(7, pieces.answer(3)), { reply: Uint8Array.of(1), more: true });
  t.equal(pieces.made, 2);
  t.same(answers.next(7), { reply: Uint8Array.of(2), more: true });
  t.same(answers.next(7), { reply: Uint8Array.of(3), more: false });
  t.equal(answers.size, 0);
  t.same(answers.next(7), { more: false });
});

t.test("an answer that is abandoned is made no further", async (t) => {
  const answers = new PiecewiseAnswers();
  const pieces = new Pieces();
  answers.begin(7, pieces.answer(100));
  answers.abandon(7);
  t.ok(pieces.ended);
  t.equal(pieces.made, 2);
  t.equal(answers.size, 0);
  answers.abandon(7);
});
