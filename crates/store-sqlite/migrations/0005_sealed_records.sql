-- Small records of which the store knows nothing but their names: attempts that failed, images that have proven liveness.
CREATE TABLE sealed_records (
    tenant     BLOB    NOT NULL,
    key        BLOB    NOT NULL,              -- keyed hash
    kind       INTEGER NOT NULL,
    version    INTEGER NOT NULL,
    expires_at INTEGER,                       -- when it may be forgotten
    sealed     BLOB    NOT NULL,
    PRIMARY KEY (tenant, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX sealed_records_by_expiry ON sealed_records (expires_at) WHERE expires_at IS NOT NULL;

-- The high-water mark as a server has sealed it: what stands in clear beside it proves nothing.
ALTER TABLE tenants ADD COLUMN mark BLOB;
