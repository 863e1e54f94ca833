-- Small records of which the store knows nothing but their names: attempts that failed, images that have proven liveness.
CREATE TABLE sealed_records (
    tenant     uuid     NOT NULL,
    key        uuid     NOT NULL,               -- keyed hash
    kind       smallint NOT NULL,
    version    bigint   NOT NULL CHECK (version > 0),
    expires_at bigint,                          -- when it may be forgotten
    sealed     bytea    NOT NULL,
    PRIMARY KEY (tenant, key)
);

CREATE INDEX sealed_records_by_expiry ON sealed_records (tenant, expires_at) WHERE expires_at IS NOT NULL;

-- The high-water mark as a server has sealed it: what stands in clear beside it proves nothing.
ALTER TABLE tenants ADD COLUMN mark bytea;

ALTER TABLE sealed_records ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON sealed_records USING (
    tenant = (SELECT nullif(nullif(current_setting('personhood.tenant', true), ''), '*')::uuid)
    OR (SELECT current_setting('personhood.tenant', true) = '*'));
