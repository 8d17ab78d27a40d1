CREATE TABLE sessions (
    id           TEXT   NOT NULL PRIMARY KEY,
    created_at   BIGINT NOT NULL,
    last_seen_at BIGINT NOT NULL,
    lang         TEXT   NOT NULL
);

CREATE TABLE requests (
    id              TEXT   NOT NULL PRIMARY KEY,
    session_id      TEXT   NOT NULL REFERENCES sessions (id),
    idempotency_key TEXT,
    query           TEXT   NOT NULL,
    spec            TEXT   NOT NULL,
    state           TEXT   NOT NULL CHECK (state IN ('queued', 'answered', 'failed', 'cancelled')),
    accepted_at     BIGINT NOT NULL,
    ended_at        BIGINT,
    event_offset    BIGINT UNIQUE,
    outcome         TEXT,
    UNIQUE (session_id, idempotency_key),
    CHECK ((state = 'queued') = (ended_at IS NULL)),
    CHECK ((state = 'queued') = (event_offset IS NULL)),
    CHECK ((state = 'queued') = (outcome IS NULL))
);

-- A session's replay, and its last answer.
CREATE INDEX requests_by_session_and_offset ON requests (session_id, event_offset);
-- What is unfinished (NULL), and what is old enough to prune.
CREATE INDEX requests_by_end ON requests (ended_at);

CREATE TABLE ratings (
    session_id TEXT   NOT NULL REFERENCES sessions (id),
    movie_id   BIGINT NOT NULL,
    half_stars BIGINT NOT NULL CHECK (half_stars BETWEEN 1 AND 10),
    rated_at   BIGINT NOT NULL,
    PRIMARY KEY (session_id, movie_id)
);

-- request_id names the answer the feedback was given under. It is no foreign key: requests are pruned, feedback stays.
CREATE TABLE feedback (
    session_id TEXT   NOT NULL REFERENCES sessions (id),
    movie_id   BIGINT NOT NULL,
    kind       TEXT   NOT NULL CHECK (kind IN ('up', 'down', 'seen', 'not_interested')),
    request_id TEXT,
    given_at   BIGINT NOT NULL,
    PRIMARY KEY (session_id, movie_id)
);
