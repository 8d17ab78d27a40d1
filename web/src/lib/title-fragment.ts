// Finds the part of a question that is a film title being typed, so that the search offers films for it and a
// chosen one replaces just that part. Knows the question words of both languages; never decides what is asked.

export interface TitleFragment {
  /** Where the title begins and ends in the text, in UTF-16 units, end exclusive. */
  start: number;
  end: number;
  title: string;
}

const before =
  "like|similar to|as|rate|why|and|or|between|" +
  "como|parecid[oa]s? a|similar(?:es)? a|puntúa|puntua|valora|califica|por qu[eé]|y|e|o";
const boundary = new RegExp(`(?:^|[\\s¿])(?:${before})\\s+|[,;:¿]\\s*`, "giu");

const leastLength = 2;
const mostLength = 60;

/** The title that ends at the caret, or null when there is too little to search for. */
export function titleFragment(text: string, caret: number): TitleFragment | null {
  const typed = text.slice(0, caret);
  let start = 0;
  boundary.lastIndex = 0;
  for (let found = boundary.exec(typed); found; found = boundary.exec(typed)) {
    start = found.index + found[0].length;
    // Question words may follow each other with a single space between them ("like and").
    boundary.lastIndex = Math.max(start - 1, found.index + 1);
  }
  const rest = typed.slice(start);
  const leading = rest.length - rest.trimStart().length;
  const title = rest.trim();
  if (title.length < leastLength || title.length > mostLength) return null;
  return { start: start + leading, end: caret, title };
}

/** The text with the fragment replaced by a film, and where the caret goes. */
export function replaceFragment(text: string, fragment: TitleFragment, title: string): { text: string; caret: number } {
  const head = text.slice(0, titleStart(text, fragment, title)) + title;
  return { text: head + text.slice(fragment.end), caret: head.length };
}

const comparable = (words: string) => words.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

/** A title may hold question words itself ("Some Like It Hot"): what was typed of it before the fragment goes too. */
function titleStart(text: string, fragment: TitleFragment, title: string): number {
  const whole = comparable(title);
  const withoutArticle = whole.replace(/^(the|an?|el|la|los|las) /, "");
  for (let start = 0; start < fragment.start; start++) {
    if (start > 0 && text[start - 1] !== " ") continue;
    const typed = comparable(text.slice(start, fragment.end));
    if (whole.startsWith(typed) || withoutArticle.startsWith(typed)) return start;
  }
  return fragment.start;
}
