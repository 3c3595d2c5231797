/** Below this, on average, a match is chance. */
const LEAST_PER_LETTER = 5;

/** How well `query` matches `text`: its letters in order; null if they are not all there. Higher is better. */
export function score(query: string, text: string): number | null {
  const wanted = query.toLowerCase().replace(/\s+/g, "");
  const lower = text.toLowerCase();
  if (wanted === "") return 0;
  const whole = lower.indexOf(wanted);
  if (whole >= 0)
    return (
      1000 - whole - (lower.length - wanted.length) * 0.1 + (startsWord(lower, whole) ? 200 : 0)
    );
  let points = 0;
  let from = 0;
  let last = -2;
  for (const letter of wanted) {
    const at = lower.indexOf(letter, from);
    if (at < 0) return null;
    points += at === last + 1 ? 8 : startsWord(lower, at) ? 6 : 1;
    last = at;
    from = at + 1;
  }
  // Letters strewn over the text are no match that anyone meant.
  return points < wanted.length * LEAST_PER_LETTER ? null : points - lower.length * 0.05;
}

const startsWord = (text: string, at: number): boolean =>
  at === 0 || /[\s/_.:-]/.test(text[at - 1] ?? "");

/** The members that match, best first; ties keep their order. */
export function rankBy<T>(query: string, members: readonly T[], text: (member: T) => string): T[] {
  return members
    .map((member, order) => ({ member, order, points: score(query, text(member)) }))
    .filter((hit): hit is typeof hit & { points: number } => hit.points !== null)
    .sort((a, b) => b.points - a.points || a.order - b.order)
    .map((hit) => hit.member);
}
