-- What this store is called among others that keep images in the same place: drawn once, and part of every object's name.
CREATE TABLE store_identity (
    one boolean NOT NULL PRIMARY KEY DEFAULT true CHECK (one),
    id  uuid    NOT NULL
);

INSERT INTO store_identity (id) VALUES (gen_random_uuid());
