-- Identifiers are UUIDv7, hashes are sixteen bytes in the same type, times are milliseconds since 1970, sealed_* and
-- wrapped_* are ciphertexts. The tenant is the first part of every key, so that tables can be spread over machines by it.
-- The second lock on tenants: a statement sees the rows of the tenant its transaction has named, whatever it asks for;
-- '*' names all of them, for the few questions that are about no tenant.

CREATE TABLE tenants (
    id          uuid   NOT NULL PRIMARY KEY,
    wrapped_key bytea  NOT NULL,
    sealed_name bytea  NOT NULL,
    created_at  bigint NOT NULL,
    sequence    bigint NOT NULL DEFAULT 0 CHECK (sequence >= 0),   -- commits so far
    persons     bigint NOT NULL DEFAULT 0 CHECK (persons >= 0),    -- how many there are
    high_water  bigint NOT NULL DEFAULT 0                          -- latest moment of any commit
) WITH (fillfactor = 50);

-- The last commit of each transaction, by a name only its writer knows: tells whether a commit whose answer was lost
-- has happened.
CREATE TABLE commits (
    tenant   uuid   NOT NULL,
    sequence bigint NOT NULL,
    name     uuid   NOT NULL,
    PRIMARY KEY (tenant, sequence)
);

CREATE TABLE persons (
    tenant      uuid     NOT NULL,
    id          uuid     NOT NULL,
    version     bigint   NOT NULL CHECK (version > 0),
    created_at  bigint   NOT NULL,
    updated_at  bigint   NOT NULL,
    status      smallint NOT NULL CHECK (status BETWEEN 1 AND 3),  -- 1 pending, 2 verified, 3 failed
    verified_at bigint,
    expires_at  bigint,
    sequence    bigint   NOT NULL,                                 -- commit that wrote this version
    wrapped_key bytea    NOT NULL,
    sealed      bytea    NOT NULL,
    terms       bytea    NOT NULL,                                 -- its rows of person_index: field, hash, …
    PRIMARY KEY (tenant, id)
);

-- Ciphertexts do not shrink: nobody should try.
ALTER TABLE persons ALTER COLUMN sealed SET STORAGE EXTERNAL, ALTER COLUMN terms SET STORAGE EXTERNAL;

CREATE INDEX persons_by_update ON persons (tenant, updated_at, id);
CREATE INDEX persons_by_status ON persons (tenant, status, id);
CREATE INDEX persons_by_expiry ON persons (tenant, expires_at) WHERE expires_at IS NOT NULL;

CREATE TABLE person_index (
    tenant uuid     NOT NULL,
    field  smallint NOT NULL,
    hash   uuid     NOT NULL,
    person uuid     NOT NULL,
    PRIMARY KEY (tenant, field, hash, person)
);

-- An external identifier is unique in its tenant.
CREATE UNIQUE INDEX external_ids ON person_index (tenant, hash) WHERE field = 1;

CREATE TABLE samples (
    tenant     uuid     NOT NULL,
    person     uuid     NOT NULL,
    id         uuid     NOT NULL,
    kind       smallint NOT NULL CHECK (kind BETWEEN 1 AND 2),     -- 1 face, 2 fingerprint
    state      smallint NOT NULL CHECK (state BETWEEN 1 AND 2),    -- 1 enrolled, 2 evidence
    created_at bigint   NOT NULL,
    sequence   bigint   NOT NULL,
    model      text     NOT NULL,
    template   bytea,
    PRIMARY KEY (tenant, person, id)
);

ALTER TABLE samples ALTER COLUMN template SET STORAGE EXTERNAL;

-- Evidence of failed checks is kept for a time only.
CREATE INDEX evidence_by_age ON samples (created_at) WHERE state = 2;

-- Apart from samples, so that reading templates does not page through images.
CREATE TABLE sample_images (
    tenant uuid  NOT NULL,
    person uuid  NOT NULL,
    sample uuid  NOT NULL,
    image  bytea,
    object text,                                                   -- its name in the object store, if it lies there
    PRIMARY KEY (tenant, person, sample),
    CHECK (num_nonnulls(image, object) = 1)
);

ALTER TABLE sample_images ALTER COLUMN image SET STORAGE EXTERNAL;

CREATE TABLE events (
    tenant   uuid   NOT NULL,
    person   uuid   NOT NULL,
    id       uuid   NOT NULL,
    at       bigint NOT NULL,
    sequence bigint NOT NULL,
    sealed   bytea  NOT NULL,
    PRIMARY KEY (tenant, person, id)
);

CREATE TABLE idempotency (
    tenant     uuid     NOT NULL,
    key        uuid     NOT NULL,
    body       uuid     NOT NULL,
    status     smallint NOT NULL,
    person     uuid,
    sealed     bytea    NOT NULL,
    expires_at bigint   NOT NULL,
    PRIMARY KEY (tenant, key)
);

CREATE INDEX idempotency_by_expiry ON idempotency (tenant, expires_at);

CREATE TABLE tokens (
    tenant      uuid     NOT NULL,
    id          uuid     NOT NULL,
    hash        bytea    NOT NULL CHECK (length(hash) = 32),
    scopes      smallint NOT NULL,
    created_at  bigint   NOT NULL,
    expires_at  bigint,
    revoked_at  bigint,
    sealed_name bytea    NOT NULL,
    PRIMARY KEY (tenant, id)
);

CREATE INDEX tokens_by_hash ON tokens (hash);

DO $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['commits', 'persons', 'person_index', 'samples', 'sample_images', 'events', 'idempotency', 'tokens'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', name);
        EXECUTE format($policy$
            CREATE POLICY own_tenant ON %I USING (
                tenant = (SELECT nullif(nullif(current_setting('personhood.tenant', true), ''), '*')::uuid)
                OR (SELECT current_setting('personhood.tenant', true) = '*'))
        $policy$, name);
    END LOOP;
END $$;

ALTER TABLE tenants ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON tenants USING (
    id = (SELECT nullif(nullif(current_setting('personhood.tenant', true), ''), '*')::uuid)
    OR (SELECT current_setting('personhood.tenant', true) = '*'));
