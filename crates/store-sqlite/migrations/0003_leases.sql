-- Work that one process does for all: who does it, and until when (seconds since 1970).
CREATE TABLE leases (
    work   TEXT    NOT NULL PRIMARY KEY,
    holder BLOB    NOT NULL,
    until  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
