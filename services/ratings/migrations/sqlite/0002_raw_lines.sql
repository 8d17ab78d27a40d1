-- Lines that are through the gate and that the data lake does not have yet, some hundreds in a row, with what became of
-- each. Written only where there is a lake.
CREATE TABLE ingest_raw (
    number    BIGINT NOT NULL PRIMARY KEY,
    id        TEXT   NOT NULL,
    judged_at BIGINT NOT NULL,
    lines     BIGINT NOT NULL,
    content   BLOB   NOT NULL
);

ALTER TABLE ingest_counters ADD COLUMN last_raw BIGINT NOT NULL DEFAULT 0;
ALTER TABLE ingest_counters ADD COLUMN raw_bytes BIGINT NOT NULL DEFAULT 0;
