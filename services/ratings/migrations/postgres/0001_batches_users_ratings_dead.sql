-- What was taken, by batch. A batch gets its number once it is whole; one without is not acknowledged and counts for
-- nothing. Once its lines are all accounted for, it is done.
CREATE TABLE ingest_batches (
    id          TEXT   NOT NULL PRIMARY KEY,
    number      BIGINT UNIQUE,
    via         TEXT   NOT NULL CHECK (via IN ('http', 'mqtt', 'operator')),
    is_operator BIGINT NOT NULL,
    has_looked  BIGINT NOT NULL,
    taken_at    BIGINT NOT NULL,
    lines       BIGINT NOT NULL DEFAULT 0,
    clean       BIGINT NOT NULL DEFAULT 0,
    repeated    BIGINT NOT NULL DEFAULT 0,
    superseded  BIGINT NOT NULL DEFAULT 0,
    dead        BIGINT NOT NULL DEFAULT 0
);

-- Lines that wait for the gate, some hundreds in a row. What is through is deleted in the transaction of its effects.
CREATE TABLE ingest_chunks (
    batch_id   TEXT   NOT NULL,
    number     BIGINT NOT NULL,
    first_line BIGINT NOT NULL,
    came_at    BIGINT NOT NULL,
    lines      BIGINT NOT NULL,
    content    BYTEA   NOT NULL,
    PRIMARY KEY (batch_id, number)
);

-- Who a source's user is in the log of ratings: a number from 2^31 on.
CREATE TABLE ingest_users (
    source  TEXT   NOT NULL PRIMARY KEY,
    user_id BIGINT NOT NULL
);

-- Of each film the rating that counts, for users of sources and of the dataset.
CREATE TABLE ingest_ratings (
    user_id    BIGINT NOT NULL,
    movie_id   BIGINT NOT NULL,
    half_stars BIGINT NOT NULL CHECK (half_stars BETWEEN 1 AND 10),
    rated_at   BIGINT NOT NULL,
    PRIMARY KEY (user_id, movie_id)
);

-- Lines that are kept aside, with all that is wrong with them as JSON.
CREATE TABLE dead_ratings (
    id          BIGINT NOT NULL PRIMARY KEY,
    batch_id    TEXT   NOT NULL,
    line_number BIGINT NOT NULL,
    came_at     BIGINT NOT NULL,
    line        TEXT   NOT NULL,
    faults      TEXT   NOT NULL
);
CREATE INDEX dead_ratings_by_batch ON dead_ratings (batch_id, line_number);

-- One row: the last numbers given out.
CREATE TABLE ingest_counters (
    one        BIGINT NOT NULL PRIMARY KEY CHECK (one = 1),
    last_batch BIGINT NOT NULL,
    last_dead  BIGINT NOT NULL
);
INSERT INTO ingest_counters (one, last_batch, last_dead) VALUES (1, 0, 0);
