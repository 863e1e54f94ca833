-- What searching by face, collections and the review of duplicates need.

-- A template made again from the stored image, by another model than the first.
ALTER TABLE samples ADD COLUMN remade_model TEXT;
ALTER TABLE samples ADD COLUMN remade BLOB;

-- Highest sequence of a row of search_changes that was forgotten: whoever stands before it must load anew.
ALTER TABLE tenants ADD COLUMN forgotten INTEGER NOT NULL DEFAULT 0;

-- Everybody who has or had an enrolled face, and when that was last touched: how galleries follow the store.
CREATE TABLE search_changes (
    tenant   BLOB    NOT NULL,
    person   BLOB    NOT NULL,
    sequence INTEGER NOT NULL,                -- last commit that may matter to a search
    enrolled INTEGER NOT NULL,                -- last commit that enrolled a face
    erased   INTEGER NOT NULL DEFAULT 0,      -- 1 when the person is gone
    PRIMARY KEY (tenant, person)
) STRICT, WITHOUT ROWID;

CREATE INDEX search_changes_by_sequence ON search_changes (tenant, sequence);
CREATE INDEX search_changes_by_enrolment ON search_changes (tenant, enrolled);
CREATE INDEX search_changes_erased ON search_changes (tenant, sequence) WHERE erased = 1;

INSERT INTO search_changes (tenant, person, sequence, enrolled)
SELECT tenant, person, max(sequence), max(sequence) FROM samples WHERE kind = 1 AND state = 1 GROUP BY tenant, person;

CREATE TABLE collections (
    tenant     BLOB    NOT NULL,
    id         BLOB    NOT NULL,
    version    INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    name       BLOB    NOT NULL,              -- keyed hash of the name
    sealed     BLOB    NOT NULL,
    PRIMARY KEY (tenant, id)
) STRICT, WITHOUT ROWID;

-- A collection's name is unique in its tenant.
CREATE UNIQUE INDEX collection_names ON collections (tenant, name);

-- Two persons who may be one.
CREATE TABLE duplicates (
    tenant     BLOB    NOT NULL,
    id         BLOB    NOT NULL,
    first      BLOB    NOT NULL,              -- the lesser identifier
    second     BLOB    NOT NULL,
    created_at INTEGER NOT NULL,
    decision   INTEGER NOT NULL,              -- 1 open, 2 same, 3 different
    version    INTEGER NOT NULL,
    sealed     BLOB    NOT NULL,
    PRIMARY KEY (tenant, id)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX duplicates_of_a_pair ON duplicates (tenant, first, second);
CREATE INDEX duplicates_of_the_second ON duplicates (tenant, second);
CREATE INDEX duplicates_by_decision ON duplicates (tenant, decision, id);
