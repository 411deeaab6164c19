-- Assets are found by their metadata and by what their file is, and listed by title, size and duration.

-- What a filter or a sort needs of file and blob stands beside the asset, so that neither is read for each candidate.
ALTER TABLE asset
    ADD mime text NOT NULL DEFAULT '',
    ADD size bigint NOT NULL DEFAULT 0,
    ADD width integer,
    ADD height integer,
    ADD duration double precision;

CREATE OR REPLACE FUNCTION set_asset_words() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    name text;
BEGIN
    SELECT f.name, coalesce(f.mime, b.mime), b.size, b.width, b.height, b.duration
    INTO name, NEW.mime, NEW.size, NEW.width, NEW.height, NEW.duration
    FROM file f JOIN blob b ON b.id = f.blob_id WHERE f.id = NEW.file_id;
    NEW.words := fold(concat_ws(E'\n', NEW.title, NEW.caption, name));
    NEW.document := document_of(NEW.title, NEW.caption, name);
    RETURN NEW;
END
$$;

-- Every row is written anew: the large indexes are built once at the end. No title changes, so no trigger runs.
DROP INDEX asset_words;
DROP INDEX asset_document;
UPDATE asset a SET mime = coalesce(f.mime, b.mime), size = b.size, width = b.width, height = b.height, duration = b.duration
FROM file f JOIN blob b ON b.id = f.blob_id WHERE f.id = a.file_id;
CREATE INDEX asset_words ON asset USING gin (workspace_id, words gin_trgm_ops) WITH (gin_pending_list_limit = 256);
CREATE INDEX asset_document ON asset USING gin (workspace_id, document) WITH (gin_pending_list_limit = 256);

-- By code points of the folded title, whatever the database's collation. What is longer would not fit into an index.
CREATE FUNCTION title_key(title text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN left(fold(title), 255) COLLATE "C";

CREATE INDEX asset_title ON asset (workspace_id, title_key(title) COLLATE "C", id) WHERE trashed_at IS NULL;
CREATE INDEX asset_size ON asset (workspace_id, size, id) WHERE trashed_at IS NULL;
CREATE INDEX asset_duration ON asset (workspace_id, (coalesce(duration, 0)), id) WHERE trashed_at IS NULL;
CREATE INDEX asset_endpoint ON asset (workspace_id, endpoint, created_at DESC, id DESC)
    WHERE endpoint IS NOT NULL AND trashed_at IS NULL;

-- The terms by which metadata is found: hashes of the workspace with each path, of a path with each value, and of a path
-- with the intervals in which a number lies, each a sixteenth of the one before: the first digits of its float8, with
-- which records/catalog/intervals.py covers ranges. The workspace is in the hash, so that only this index can serve a
-- lookup, and the planner has no other choice. Lists are transparent: their elements stand at the list's path. Whoever
-- looks up a term compares the document, too: two terms may have one hash.
CREATE FUNCTION metadata_term(workspace_id uuid, path text, value text) RETURNS bigint
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN hashtextextended(workspace_id::text || path || value, 0);

CREATE FUNCTION metadata_number(value numeric) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN trim_scale(value)::text;

-- Metadata of ten values takes 40 us, with a recursive query 300. A path is spelt `.1:a.3:b.c` for the keys `a` and
-- `b.c`. What float8 cannot hold counts as the nearest that it can. Not in parallel: a parallel scan would begin later
-- than the one that it helps ends.
-- Terms are appended one by one: to append a list copies all the terms before it.
CREATE FUNCTION metadata_terms(workspace_id uuid, document jsonb) RETURNS bigint[]
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL RESTRICTED COST 10000 AS $$
DECLARE
    own     text := workspace_id::text;
    terms   bigint[] := '{}';
    paths   text[] := '{""}';
    depths  integer[] := '{0}';
    nodes   jsonb[] := ARRAY[document];
    at      integer := 0;
    path    text;
    node    jsonb;
    type    text;
    key     text;
    below   text;
    child   jsonb;
    number  numeric;
    digits  text;
BEGIN
    WHILE at < cardinality(paths) LOOP
        at := at + 1;
        path := paths[at];
        node := nodes[at];
        type := jsonb_typeof(node);
        IF type = 'object' THEN
            IF depths[at] < 8 THEN
                FOR key, child IN SELECT * FROM jsonb_each(node) LOOP
                    below := path || '.' || length(key)::text || ':' || key;
                    terms := terms || hashtextextended(own || below, 0);
                    paths := paths || below;
                    depths := depths || (depths[at] + 1);
                    nodes := nodes || child;
                END LOOP;
            END IF;
        ELSIF type = 'array' THEN
            FOR child IN SELECT * FROM jsonb_array_elements(node) LOOP
                paths := paths || path;
                depths := depths || depths[at];
                nodes := nodes || child;
            END LOOP;
        ELSIF type = 'number' THEN
            number := node::numeric;
            digits := CASE WHEN number <= -1e-300 THEN '#-' ELSE '#+' END || encode(float8send(
                (CASE WHEN abs(number) < 1e-300 THEN 0 ELSE least(abs(number), 1e308) END)::float8
            ), 'hex');
            terms := terms || hashtextextended(own || path || trim_scale(number)::text, 0);
            FOR size IN 3..9 LOOP
                terms := terms || hashtextextended(own || path || left(digits, size), 0);
            END LOOP;
        ELSIF type <> 'null' THEN
            terms := terms || hashtextextended(own || path || node::text, 0);
        END IF;
    END LOOP;
    RETURN terms;
END
$$;

CREATE INDEX asset_metadata ON asset USING gin (metadata_terms(workspace_id, metadata))
    WITH (gin_pending_list_limit = 256) WHERE metadata <> '{}' AND trashed_at IS NULL;

-- The same of how a file was generated, but for its texts.
CREATE FUNCTION generation_terms(workspace_id uuid, generation jsonb) RETURNS bigint[]
    LANGUAGE sql IMMUTABLE STRICT PARALLEL RESTRICTED COST 10000
    RETURN metadata_terms(workspace_id, generation - '{prompt,negative_prompt,workflow}'::text[]);

CREATE INDEX embedded_metadata_generation ON embedded_metadata USING gin (generation_terms(workspace_id, generation))
    WITH (gin_pending_list_limit = 256) WHERE generation IS NOT NULL;
