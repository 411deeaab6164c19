-- Whether the pixels of a blob decode, as the worker found; null is as good as can be told. Found before, and told only to
-- the search: damaged pictures.
ALTER TABLE blob
    ADD state         text CHECK (state IN ('damaged', 'undecoded')),
    ADD state_reason  text,
    ADD CHECK ((state IS NULL) = (state_reason IS NULL));
UPDATE blob b SET state = 'damaged', state_reason = e.failure
FROM embedding e JOIN asset a ON a.id = e.asset_id JOIN file f ON f.id = a.file_id
WHERE f.blob_id = b.id AND e.part = 'content' AND e.failure LIKE '%damaged%';
