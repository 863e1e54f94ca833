-- Identifiers are the 16 bytes of a UUIDv7, times are milliseconds since 1970, sealed_* and wrapped_* are
-- ciphertexts. The tenant is the first part of every key.

CREATE TABLE tenants (
    id          BLOB    NOT NULL PRIMARY KEY,
    wrapped_key BLOB    NOT NULL,
    sealed_name BLOB    NOT NULL,
    created_at  INTEGER NOT NULL,
    sequence    INTEGER NOT NULL DEFAULT 0,   -- commits so far
    persons     INTEGER NOT NULL DEFAULT 0,   -- how many there are
    high_water  INTEGER NOT NULL DEFAULT 0    -- latest moment of any commit
) STRICT, WITHOUT ROWID;

CREATE TABLE persons (
    tenant      BLOB    NOT NULL,
    id          BLOB    NOT NULL,
    version     INTEGER NOT NULL,
    created_at  INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL,
    status      INTEGER NOT NULL,             -- 1 pending, 2 verified, 3 failed
    verified_at INTEGER,
    expires_at  INTEGER,
    sequence    INTEGER NOT NULL,             -- commit that wrote this version
    wrapped_key BLOB    NOT NULL,
    sealed      BLOB    NOT NULL,
    terms       BLOB    NOT NULL,             -- its rows of person_index: field (1 byte), hash (16 bytes), …
    PRIMARY KEY (tenant, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX persons_by_update ON persons (tenant, updated_at, id);
CREATE INDEX persons_by_status ON persons (tenant, status, id);
CREATE INDEX persons_by_expiry ON persons (tenant, expires_at) WHERE expires_at IS NOT NULL;

CREATE TABLE person_index (
    tenant BLOB    NOT NULL,
    field  INTEGER NOT NULL,
    hash   BLOB    NOT NULL,
    person BLOB    NOT NULL,
    PRIMARY KEY (tenant, field, hash, person)
) STRICT, WITHOUT ROWID;

-- An external identifier is unique in its tenant.
CREATE UNIQUE INDEX external_ids ON person_index (tenant, hash) WHERE field = 1;

CREATE TABLE samples (
    tenant     BLOB    NOT NULL,
    person     BLOB    NOT NULL,
    id         BLOB    NOT NULL,
    kind       INTEGER NOT NULL,              -- 1 face, 2 fingerprint
    state      INTEGER NOT NULL,              -- 1 enrolled, 2 evidence
    created_at INTEGER NOT NULL,
    sequence   INTEGER NOT NULL,
    model      TEXT    NOT NULL,
    template   BLOB,
    PRIMARY KEY (tenant, person, id)
) STRICT, WITHOUT ROWID;

-- Evidence of failed checks is kept for a time only.
CREATE INDEX evidence_by_age ON samples (created_at) WHERE state = 2;

-- Apart from samples, so that reading templates does not page through images.
CREATE TABLE sample_images (
    tenant BLOB NOT NULL,
    person BLOB NOT NULL,
    sample BLOB NOT NULL,
    image  BLOB NOT NULL,
    UNIQUE (tenant, person, sample)
) STRICT;

CREATE TABLE events (
    tenant   BLOB    NOT NULL,
    person   BLOB    NOT NULL,
    id       BLOB    NOT NULL,
    at       INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    sealed   BLOB    NOT NULL,
    PRIMARY KEY (tenant, person, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE idempotency (
    tenant     BLOB    NOT NULL,
    key        BLOB    NOT NULL,
    body       BLOB    NOT NULL,
    status     INTEGER NOT NULL,
    person     BLOB    NOT NULL,
    sealed     BLOB    NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (tenant, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX idempotency_by_expiry ON idempotency (expires_at);

CREATE TABLE tokens (
    tenant      BLOB    NOT NULL,
    id          BLOB    NOT NULL,
    hash        BLOB    NOT NULL UNIQUE,
    scopes      INTEGER NOT NULL,
    created_at  INTEGER NOT NULL,
    expires_at  INTEGER,
    revoked_at  INTEGER,
    sealed_name BLOB    NOT NULL,
    PRIMARY KEY (tenant, id)
) STRICT, WITHOUT ROWID;
