-- Which store of blobs belongs to this database: the id in the store's mark. There is one row, from the first start on;
-- `written_at` is null until the mark is known to be in the store.
CREATE TABLE store_identity (
    only_row    boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    id          uuid NOT NULL,
    written_at  timestamptz
);
