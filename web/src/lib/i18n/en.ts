// The page's words in English; es.ts must have the same keys. Words of the server are not here: it speaks for itself.

export const en = {
  languageName: "English",
  otherLanguage: { code: "es", name: "Español", switch: "ES: cambiar a español" },
  title: "Cineswarm",
  skipToComposer: "Skip to the question box",
  themes: { toDark: "Switch to the dark theme", toLight: "Switch to the light theme" },

  hero: {
    heading: "What shall we watch?",
    lead: (users: string, movies: string) =>
      `${users} viewers have rated ${movies} films. Say what you like, and the swarm finds those who like the same.`,
    leadUnknown: "Say what you like, and the swarm finds the viewers who like the same.",
  },
  examples: ["Films like Heat and Alien", "90s comedies, no romance", "Popular", "80s horror"],
  examplesLabel: "Questions to try",

  composer: {
    label: "Ask for films",
    placeholder: "Films like…",
    send: "Ask",
    suggestions: "Films with this title",
    suggestionCount: (n: number) => (n === 1 ? "1 film found" : `${n} films found`),
    hint: "Enter asks, the up arrow brings back your last question, Shift and Tab lead to the newest answer.",
    toNewest: "To the newest answer",
  },

  turn: {
    personal: "Films for me",
    sending: "Sending…",
    waitingForConnection: "Will be sent when the connection is back.",
    queued: (position: number | null) =>
      position === null || position <= 0 ? "Next in the queue" : position === 1 ? "1 request ahead" : `${position} requests ahead`,
    running: (done: number, total: number) => (total === 0 ? "The farm is at work" : `${done} of ${total} shards answered`),
    noWorkers: "No worker is connected. The question waits some seconds for one.",
    cancel: "Cancel",
    cancelling: "Cancelling…",
    cancelled: "Cancelled.",
    askAgain: "Ask again",
    retryNow: "Try now",
    retryIn: (seconds: number) => `Trying again in ${seconds} s`,
    dismiss: "Dismiss",
    noAnswerTitle: "The server did not confirm the question.",
    noAnswerHint: "It may be busy or restarting. Ask again.",
    away: "While you were away",
    earlier: (n: number) => `Show ${n} earlier`,
    toLatest: "New answer below",
    empty: "No film fits.",
    emptyHint: "Ask for fewer conditions, or rate a few films first.",
  },

  answer: {
    without: (part: string) => `Ask again without ${part}`,
    films: (n: number) => (n === 1 ? "1 film" : `${n} films`),
    popular: "Popular films",
    partial: (percent: string) => `${percent} of the viewers were reached`,
    more: { label: "More", text: "more" },
    lessKnown: { label: "Less known", text: "less known" },
    forMe: "Films for me",
    next: "What next",
    share: "Share",
    shareText: "Copy as text",
    shareLink: "Copy as a link",
    shareElsewhere: "Share with…",
  },

  card: {
    rank: (rank: number) => `Number ${rank}`,
    predicted: (stars: string) => `We think you would give it ${stars} of 5 stars`,
    predictedShort: "for you",
    score: (score: string) => `Score ${score}`,
    neighbours: (n: number) => (n === 1 ? "1 neighbour" : `${n} neighbours`),
    becauseLead: (_films: number) => "Because you liked",
    andLast: (items: string[]) => joinWords(items, "and"),
    seen: "Seen it",
    seenLabel: (film: string) => `Seen it: ${film}`,
    notInterested: "Not for me",
    notInterestedLabel: (film: string) => `Not for me: ${film}`,
    gone: { seen: "Seen. It will not come up again.", not_interested: "Not for you. It will not come up again." },
    why: "Why?",
    undo: "Undo",
    undoLabel: (film: string) => `Undo: ${film} may come up again`,
    markFailed: "What you said of the film was not saved.",
    detailsLabel: (film: string) => `${film}: details`,
    whyLabel: (film: string) => `Why? ${film}`,
    whyText: (film: string) => `why ${film}?`,
    noGenres: "No genre listed",
  },

  rater: {
    label: (film: string) => `Your rating of ${film}`,
    stars: (stars: string) => (stars === "1" ? "1 star" : `${stars} stars`),
    none: "Not rated",
    clear: (film: string) => `Take back your rating of ${film}`,
    failed: "The rating was not saved.",
  },

  welcome: {
    heading: "Rate five films",
    lead: "Stars on five films you know are enough for a personal answer.",
    count: (n: number) => (n >= 5 ? `${n} rated` : `${n} of 5 rated`),
    others: "Show others",
    skip: "Skip",
    close: "Close",
    ask: "Show my films",
    failed: "The films could not be loaded.",
    again: "Try again",
    loading: "Loading films…",
    search: "Find a film to rate…",
    nothing: "No film has such a title.",
  },

  work: {
    summary: (workers: number, time: string) =>
      workers === 0 ? time : workers === 1 ? `1 worker · ${time}` : `${workers} workers · ${time}`,
    heading: "How it was computed",
    worker: "Worker",
    shards: "Shards",
    time: "Time",
    steps: { queue: "Queue", farm: "Farm", merge: "Merge" },
    timeline: (parts: string) => `Time by step: ${parts}`,
    coverage: "Coverage",
    model: "Model",
    algorithm: "Method",
    source: "Source",
    sources: { neighbours: "neighbours", popular: "popular films" } as Record<string, string>,
    request: "Request",
  },

  connection: {
    connecting: "Connecting…",
    connected: "Connected",
    reconnecting: "Reconnecting…",
    offline: "Offline",
    refused: "Connection refused",
    back: "Connected again",
  },

  panel: {
    open: "Ratings and farm",
    openRated: (n: number) => `${n} rated: ratings and farm`,
    close: "Close",
    farm: "The farm",
    workers: (total: number) => (total === 1 ? "1 worker" : `${total} workers`),
    workersDetail: (idle: number, busy: number) => `${idle} idle, ${busy} busy`,
    noWorkers: "No worker is connected; questions wait in the queue.",
    queue: (n: number) => (n === 0 ? "The queue is empty" : n === 1 ? "1 in the queue" : `${n} in the queue`),
    coverage: (percent: string) => `${percent} of the shards are held`,
    ratings: "My ratings",
    noRatings: "Nothing rated yet.",
    rateSome: "Rate some films",
    marked: "Seen and hidden",
    markedLead: "These are not recommended.",
    nothingMarked: "What you have seen or do not want is listed here.",
    kinds: { seen: "seen", not_interested: "not for me" },
    bringBack: "Bring back",
    bringBackLabel: (film: string) => `Bring back ${film}`,
    session: "Session",
    dataset: "Films",
    datasetFacts: (movies: string, users: string, ratings: string) => `${movies} films, ${users} viewers, ${ratings} ratings`,
    version: "Server",
    showAll: (n: number) => `Show all ${n}`,
  },

  film: {
    close: "Close",
    yourRating: "Your rating",
    ratings: (n: string, mean: string) => `${n} viewers gave ${mean} stars on average`,
    oneRating: "One viewer has rated it",
    noRatings: "No viewer has rated it.",
    spread: "How it was rated",
    column: (stars: string, n: string) => `${stars}: ${n}`,
    alsoKnownAs: "Also known as",
    elsewhere: "Elsewhere",
    similar: "Films like this",
    similarText: (film: string) => `films like ${film}`,
    loading: "Loading…",
    failed: "The film could not be loaded.",
  },

  shared: {
    heading: "A list that was shared",
    lead: "Rate what you know, or ask for films like one of them.",
    close: "Close the list",
  },

  past: {
    heading: "Conversations",
    begin: "New conversation",
    untitled: "Nothing asked yet",
    present: "this one",
    reading: "An earlier conversation.",
    back: "Back to the present one",
    failed: "The new conversation could not be begun.",
  },

  device: {
    heading: "On another device",
    lead: "This link opens your ratings and this conversation there.",
    copy: "Copy the link",
    copied: "Copied",
    showCode: "Show as a QR code",
    code: "QR code of the link to this session",
    secret: "Whoever has the link is you here.",
    offer: "Open the session of this link?",
    offerText: "This browser has a session of its own. Its ratings and conversation will no longer be shown here.",
    accept: "Open it",
    decline: "Stay in mine",
    unknownTitle: "The session of the link is not known here.",
    unknownHint: "Copy the link again on the other device.",
  },

  announce: {
    answer: (n: number, titles: string) => (n === 0 ? "No film fits." : `${n === 1 ? "1 film" : `${n} films`}: ${titles}`),
    failed: (message: string) => `No answer: ${message}`,
    rated: (film: string, stars: string) => `${film}: ${stars}`,
  },

  genres: {} as Record<string, string>,
};

export function joinWords(items: string[], and: string): string {
  const last = items.at(-1);
  if (last === undefined || items.length === 1) return last ?? "";
  return `${items.slice(0, -1).join(", ")} ${and} ${last}`;
}

export type Dictionary = typeof en;
