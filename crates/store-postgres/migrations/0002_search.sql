-- What searching by face, collections and the review of duplicates need.

-- A template made again from the stored image, by another model than the first.
ALTER TABLE samples ADD COLUMN remade_model text, ADD COLUMN remade bytea;
ALTER TABLE samples ALTER COLUMN remade SET STORAGE EXTERNAL;

-- Highest sequence of a row of search_changes that was forgotten: whoever stands before it must load anew.
ALTER TABLE tenants ADD COLUMN forgotten bigint NOT NULL DEFAULT 0;

-- Everybody who has or had an enrolled face, and when that was last touched: how galleries follow the store.
CREATE TABLE search_changes (
    tenant   uuid    NOT NULL,
    person   uuid    NOT NULL,
    sequence bigint  NOT NULL,                  -- last commit that may matter to a search
    enrolled bigint  NOT NULL,                  -- last commit that enrolled a face
    erased   boolean NOT NULL DEFAULT false,    -- the person is gone
    PRIMARY KEY (tenant, person)
);

CREATE INDEX search_changes_by_sequence ON search_changes (tenant, sequence);
CREATE INDEX search_changes_by_enrolment ON search_changes (tenant, enrolled);
CREATE INDEX search_changes_erased ON search_changes (tenant, sequence) WHERE erased;

CREATE TABLE collections (
    tenant     uuid   NOT NULL,
    id         uuid   NOT NULL,
    version    bigint NOT NULL CHECK (version > 0),
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    name       uuid   NOT NULL,                 -- keyed hash of the name
    sealed     bytea  NOT NULL,
    PRIMARY KEY (tenant, id)
);

-- A collection's name is unique in its tenant.
CREATE UNIQUE INDEX collection_names ON collections (tenant, name);

-- Two persons who may be one.
CREATE TABLE duplicates (
    tenant     uuid     NOT NULL,
    id         uuid     NOT NULL,
    first      uuid     NOT NULL,               -- the lesser identifier
    second     uuid     NOT NULL,
    created_at bigint   NOT NULL,
    decision   smallint NOT NULL CHECK (decision BETWEEN 1 AND 3), -- 1 open, 2 same, 3 different
    version    bigint   NOT NULL CHECK (version > 0),
    sealed     bytea    NOT NULL,
    PRIMARY KEY (tenant, id),
    CHECK (first < second)
);

CREATE UNIQUE INDEX duplicates_of_a_pair ON duplicates (tenant, first, second);
CREATE INDEX duplicates_of_the_second ON duplicates (tenant, second);
CREATE INDEX duplicates_by_decision ON duplicates (tenant, decision, id);

DO $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['search_changes', 'collections', 'duplicates'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', name);
        EXECUTE format($policy$
            CREATE POLICY own_tenant ON %I USING (
                tenant = (SELECT nullif(nullif(current_setting('personhood.tenant', true), ''), '*')::uuid)
                OR (SELECT current_setting('personhood.tenant', true) = '*'))
        $policy$, name);
    END LOOP;
END $$;
