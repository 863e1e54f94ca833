-- Work that one process does for all: who does it, and until when.
CREATE TABLE leases (
    work   text        NOT NULL PRIMARY KEY,
    holder uuid        NOT NULL,
    until  timestamptz NOT NULL
);
