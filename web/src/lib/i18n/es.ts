// The page's words in Spanish, with the keys of en.ts.

import { type Dictionary, joinWords } from "./en";

export const es: Dictionary = {
  languageName: "Español",
  otherLanguage: { code: "en", name: "English", switch: "Switch to English" },
  title: "Cineswarm",
  skipToComposer: "Ir al cuadro de preguntas",
  themes: { toDark: "Cambiar al tema oscuro", toLight: "Cambiar al tema claro" },

  hero: {
    heading: "¿Qué vemos hoy?",
    lead: (users, movies) =>
      `${users} espectadores han puntuado ${movies} películas. Di qué te gusta y el enjambre encuentra a quienes les gusta lo mismo.`,
    leadUnknown: "Di qué te gusta y el enjambre encuentra a los espectadores a quienes les gusta lo mismo.",
  },
  examples: ["Películas como Heat y Alien", "Comedias de los 90, sin romance", "Populares", "Recomienda algo para el usuario 42"],
  examplesLabel: "Preguntas para probar",

  composer: {
    label: "Pide películas",
    placeholder: "Películas como…",
    send: "Pedir",
    suggestions: "Películas con este título",
    suggestionCount: (n) => (n === 1 ? "1 película encontrada" : `${n} películas encontradas`),
    hint: "Intro pregunta; la flecha arriba recupera tu última pregunta.",
  },

  turn: {
    personal: "Películas para mí",
    sending: "Enviando…",
    waitingForConnection: "Se enviará cuando vuelva la conexión.",
    queued: (position) =>
      position === null || position <= 0
        ? "Siguiente en la cola"
        : position === 1
          ? "1 petición por delante"
          : `${position} peticiones por delante`,
    running: (done, total) => (total === 0 ? "La granja está trabajando" : `${done} de ${total} fragmentos han respondido`),
    cancel: "Cancelar",
    cancelling: "Cancelando…",
    cancelled: "Cancelada.",
    askAgain: "Preguntar otra vez",
    retryNow: "Probar ahora",
    retryIn: (seconds) => `Se reintenta en ${seconds} s`,
    dismiss: "Descartar",
    noAnswerTitle: "El servidor no confirmó la pregunta.",
    noAnswerHint: "Puede estar ocupado o reiniciándose. Pregunta otra vez.",
    away: "Mientras no estabas",
    earlier: (n) => `Mostrar ${n} anteriores`,
    toLatest: "Nueva respuesta abajo",
    empty: "Ninguna película encaja.",
    emptyHint: "Pide menos condiciones o puntúa antes algunas películas.",
  },

  answer: {
    without: (parte: string) => `Preguntar otra vez sin ${parte}`,
    films: (n) => (n === 1 ? "1 película" : `${n} películas`),
    popular: "Películas populares",
    partial: (percent) => `Se llegó al ${percent} de los espectadores`,
    more: { label: "Más", text: "más" },
    lessKnown: { label: "Menos conocidas", text: "menos conocidas" },
    forMe: "Películas para mí",
    next: "Y ahora",
  },

  card: {
    rank: (rank) => `Número ${rank}`,
    predicted: (stars) => `Creemos que le darías ${stars} de 5 estrellas`,
    predictedShort: "para ti",
    score: (score) => `Puntuación ${score}`,
    neighbours: (n) => (n === 1 ? "1 vecino" : `${n} vecinos`),
    becauseLead: (films) => (films === 1 ? "Porque te gustó" : "Porque te gustaron"),
    andLast: (items) => joinWords(items, /^h?i(?!e)/i.test(items.at(-1) ?? "") ? "e" : "y"),
    seen: "Ya la vi",
    seenLabel: (film) => `Ya he visto ${film}`,
    notInterested: "No me interesa",
    notInterestedLabel: (film) => `No me interesa ${film}`,
    gone: { seen: "Vista. No volverá a salir.", not_interested: "No te interesa. No volverá a salir." },
    why: "¿Por qué?",
    whyLabel: (film) => `¿Por qué ${film}?`,
    whyText: (film) => `¿por qué ${film}?`,
    noGenres: "Sin género",
  },

  rater: {
    label: (film) => `Tu nota para ${film}`,
    stars: (stars) => (stars === "1" ? "1 estrella" : `${stars} estrellas`),
    none: "Sin nota",
    clear: (film) => `Quitar tu nota de ${film}`,
    failed: "La nota no se guardó.",
  },

  welcome: {
    heading: "Puntúa cinco películas",
    lead: "Con estrellas en cinco películas que conozcas basta para una respuesta personal.",
    count: (n) => (n >= 5 ? `${n} puntuadas` : `${n} de 5 puntuadas`),
    others: "Mostrar otras",
    skip: "Saltar",
    close: "Cerrar",
    ask: "Ver mis películas",
    failed: "No se pudieron cargar las películas.",
    again: "Probar otra vez",
    loading: "Cargando películas…",
  },

  work: {
    summary: (workers, time) =>
      workers === 0 ? time : workers === 1 ? `1 trabajador · ${time}` : `${workers} trabajadores · ${time}`,
    heading: "Cómo se calculó",
    worker: "Trabajador",
    shards: "Fragmentos",
    time: "Tiempo",
    steps: { queue: "Cola", farm: "Granja", merge: "Unión" },
    timeline: (parts) => `Tiempo por paso: ${parts}`,
    coverage: "Cobertura",
    model: "Modelo",
    algorithm: "Método",
    source: "Origen",
    sources: { neighbours: "vecinos", popular: "películas populares" },
    request: "Petición",
  },

  connection: {
    connecting: "Conectando…",
    connected: "Conectado",
    reconnecting: "Reconectando…",
    offline: "Sin conexión",
    refused: "Conexión rechazada",
    back: "Conectado de nuevo",
  },

  panel: {
    open: "Notas y granja",
    close: "Cerrar",
    farm: "La granja",
    workers: (total) => (total === 1 ? "1 trabajador" : `${total} trabajadores`),
    workersDetail: (idle, busy) => `${idle} libres, ${busy} ocupados`,
    noWorkers: "No hay ningún trabajador conectado; las preguntas esperan en la cola.",
    queue: (n) => (n === 0 ? "La cola está vacía" : `${n} en la cola`),
    coverage: (percent) => `El ${percent} de los fragmentos está cubierto`,
    ratings: "Mis notas",
    noRatings: "Aún no has puntuado nada.",
    rateSome: "Puntuar películas",
    session: "Sesión",
    sessionId: "Id",
    copy: "Copiar el id de la sesión",
    copied: "Copiado",
    secret: "Quien tenga este id es tú aquí.",
    dataset: "Películas",
    datasetFacts: (movies, users, ratings) => `${movies} películas, ${users} espectadores, ${ratings} notas`,
    version: "Servidor",
    showAll: (n) => `Mostrar las ${n}`,
  },

  announce: {
    answer: (n, titles) => (n === 0 ? "Ninguna película encaja." : `${n === 1 ? "1 película" : `${n} películas`}: ${titles}`),
    failed: (message) => `Sin respuesta: ${message}`,
    rated: (film, stars) => `${film}: ${stars}`,
  },

  genres: {
    Action: "Acción",
    Adventure: "Aventura",
    Animation: "Animación",
    Children: "Infantil",
    Comedy: "Comedia",
    Crime: "Crimen",
    Documentary: "Documental",
    Drama: "Drama",
    Fantasy: "Fantasía",
    "Film-Noir": "Cine negro",
    Horror: "Terror",
    IMAX: "IMAX",
    Musical: "Musical",
    Mystery: "Misterio",
    Romance: "Romance",
    "Sci-Fi": "Ciencia ficción",
    Thriller: "Suspense",
    War: "Bélica",
    Western: "Wéstern",
  },
};
