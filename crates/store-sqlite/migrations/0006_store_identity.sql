-- What this store is called among others: drawn once.
CREATE TABLE store_identity (
    one INTEGER NOT NULL PRIMARY KEY DEFAULT 1 CHECK (one = 1),
    id  BLOB    NOT NULL CHECK (length(id) = 16)
) STRICT, WITHOUT ROWID;

INSERT INTO store_identity (id) VALUES (randomblob(16));
