-- The log of this database's service: `seq` is the order of commits, without gaps. A payload that a deletion has emptied
-- is NULL; `is_last` marks the event that says so, after which its key has no other.
CREATE TABLE events (
    seq         BIGINT NOT NULL PRIMARY KEY,
    id          TEXT   NOT NULL UNIQUE,
    kind        TEXT   NOT NULL,
    key         TEXT   NOT NULL,
    shard_hash  BIGINT,
    payload     TEXT,
    is_last     BIGINT NOT NULL,
    at          BIGINT NOT NULL,
    traceparent TEXT
);
CREATE INDEX events_by_key ON events (key);

-- One row: the last number given out, and the event up to which the log was pruned.
CREATE TABLE log_head (
    one      BIGINT NOT NULL PRIMARY KEY CHECK (one = 1),
    seq      BIGINT NOT NULL,
    floor    BIGINT NOT NULL,
    floor_id TEXT   NOT NULL
);
INSERT INTO log_head (one, seq, floor, floor_id) VALUES (1, 0, 0, '00000000-0000-0000-0000-000000000000');

CREATE TABLE tombstones (
    key        TEXT   NOT NULL PRIMARY KEY,
    deleted_at BIGINT NOT NULL
);

-- How far each consumer that keeps its effects in this database has taken a log.
CREATE TABLE cursors (
    consumer TEXT   NOT NULL,
    log      TEXT   NOT NULL,
    seq      BIGINT NOT NULL,
    event_id TEXT   NOT NULL,
    stopped  TEXT,
    rebuild  BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (consumer, log)
);

CREATE TABLE dead_letters (
    consumer    TEXT   NOT NULL,
    log         TEXT   NOT NULL,
    seq         BIGINT NOT NULL,
    id          TEXT   NOT NULL,
    kind        TEXT   NOT NULL,
    key         TEXT   NOT NULL,
    shard_hash  BIGINT,
    payload     TEXT,
    is_last     BIGINT NOT NULL,
    at          BIGINT NOT NULL,
    traceparent TEXT,
    state       TEXT   NOT NULL CHECK (state IN ('dead', 'waiting', 'replay')),
    reason      TEXT,
    PRIMARY KEY (consumer, log, seq)
);
-- Whether a key is held, and which letter of it is the first.
CREATE INDEX dead_letters_by_key ON dead_letters (consumer, log, key, seq);
