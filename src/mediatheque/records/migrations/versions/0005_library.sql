-- Collections in a tree, smart ones and characters; where assets come from; what they mean, as vectors.

CREATE EXTENSION IF NOT EXISTS vector;

-- Tags are one word in whatever case and however their accents are put together. Of twins so far, the younger get their id
-- into their name, so that it is no other's.
UPDATE tag t SET name = left(t.name, 16) || ' ' || replace(t.id::text, '-', '')
FROM (SELECT id, row_number() OVER (PARTITION BY workspace_id, fold(name) ORDER BY created_at, id) AS number FROM tag) twins
WHERE twins.id = t.id AND twins.number > 1;
DROP INDEX tag_name;
CREATE UNIQUE INDEX tag_name ON tag (workspace_id, fold(name));
CREATE INDEX tag_letters ON tag USING gin (workspace_id, fold(name) gin_trgm_ops);
CREATE INDEX tag_stems ON tag USING gin (workspace_id, to_tsvector('english', fold(name)));

-- An asset's moment never changes. It stands beside each membership, so that an index has the members in their order.
ALTER TABLE asset_tag ADD asset_created_at timestamptz;
UPDATE asset_tag m SET asset_created_at = a.created_at FROM asset a WHERE a.id = m.asset_id;
ALTER TABLE asset_tag ALTER asset_created_at SET NOT NULL;
DROP INDEX asset_tag_tag;
CREATE INDEX asset_tag_newest ON asset_tag (tag_id, asset_created_at DESC, asset_id DESC);

ALTER TABLE collection_asset ADD asset_created_at timestamptz;
UPDATE collection_asset m SET asset_created_at = a.created_at FROM asset a WHERE a.id = m.asset_id;
ALTER TABLE collection_asset ALTER asset_created_at SET NOT NULL;
CREATE INDEX collection_asset_newest ON collection_asset (collection_id, asset_created_at DESC, asset_id DESC);

-- A cover that is gone is none: whoever removes a file need not look for the collections that it stands before.
-- A smart collection has `filters` and no members; a character has an `identifier`, a description and reference images.
ALTER TABLE collection
    ADD type           text NOT NULL DEFAULT 'manual' CHECK (type IN ('manual', 'smart', 'character')),
    ADD description    text,
    ADD icon           text,
    ADD color          text,
    ADD cover_file_id  uuid,
    ADD parent_id      uuid REFERENCES collection,
    ADD identifier     text,
    ADD filters        jsonb,
    ADD is_favorite    boolean NOT NULL DEFAULT false,
    ADD updated_at     timestamptz NOT NULL DEFAULT now(),
    ADD CHECK ((type = 'smart') = (filters IS NOT NULL)),
    ADD CHECK ((type = 'character') = (identifier IS NOT NULL)),
    ADD CHECK (parent_id IS NULL OR type = 'manual');
DROP INDEX collection_workspace;
CREATE INDEX collection_newest ON collection (workspace_id, created_at DESC, id DESC);
CREATE INDEX collection_type ON collection (workspace_id, type, created_at DESC, id DESC);
CREATE INDEX collection_parent ON collection (parent_id) WHERE parent_id IS NOT NULL;
CREATE UNIQUE INDEX collection_identifier ON collection (workspace_id, fold(identifier)) WHERE identifier IS NOT NULL;

CREATE TABLE character_reference (
    collection_id  uuid NOT NULL REFERENCES collection ON DELETE CASCADE,
    position       smallint NOT NULL,
    file_id        uuid NOT NULL REFERENCES file ON DELETE CASCADE,
    PRIMARY KEY (collection_id, position)
);
CREATE INDEX character_reference_file ON character_reference (file_id);

CREATE INDEX asset_source ON asset (workspace_id, source, created_at DESC, id DESC);
CREATE INDEX asset_favorite ON asset (workspace_id, created_at DESC, id DESC) WHERE is_favorite;
CREATE INDEX asset_request ON asset (workspace_id, request_id, created_at, id) WHERE request_id IS NOT NULL;

-- A request to a model, what went into it and what came out. Assets are named without a reference: what has been deleted
-- stays in the history of what was made of it.
CREATE TABLE generation (
    workspace_id  uuid NOT NULL REFERENCES workspace,
    request_id    text NOT NULL,
    endpoint      text,
    prompt        text,
    created_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, request_id)
);
CREATE TABLE generation_output (
    workspace_id  uuid NOT NULL,
    asset_id      uuid NOT NULL,
    request_id    text NOT NULL,
    kind          text NOT NULL,
    PRIMARY KEY (workspace_id, asset_id),
    FOREIGN KEY (workspace_id, request_id) REFERENCES generation
);
CREATE INDEX generation_output_request ON generation_output (workspace_id, request_id, asset_id);
-- An input is an asset, a URL that was never captured, or a character. The same one in the same role is there once.
CREATE TABLE generation_input (
    position      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    workspace_id  uuid NOT NULL,
    request_id    text NOT NULL,
    asset_id      uuid,
    kind          text,
    url           text,
    character_id  uuid,
    role          text,
    FOREIGN KEY (workspace_id, request_id) REFERENCES generation,
    CHECK (num_nonnulls(asset_id, url, character_id) = 1),
    CHECK ((asset_id IS NULL) = (kind IS NULL))
);
CREATE UNIQUE INDEX generation_input_once ON generation_input
    (workspace_id, request_id, (COALESCE(asset_id, character_id, md5(url)::uuid)), (COALESCE(role, '')));
CREATE INDEX generation_input_request ON generation_input (workspace_id, request_id, position);
CREATE INDEX generation_input_asset ON generation_input (workspace_id, asset_id, position DESC)
    WHERE asset_id IS NOT NULL;

-- The words of title, caption and file name, twice: as they stand, and by their English stems. A name's marks part words.
ALTER TABLE asset ADD document tsvector NOT NULL DEFAULT '';

CREATE FUNCTION document_of(title text, caption text, name text) RETURNS tsvector
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN setweight(to_tsvector('simple', fold(regexp_replace(title, '[^[:alnum:]]+', ' ', 'g'))), 'A')
        || setweight(to_tsvector('english', fold(regexp_replace(title, '[^[:alnum:]]+', ' ', 'g'))), 'A')
        || setweight(to_tsvector('simple', fold(coalesce(caption, ''))), 'B')
        || setweight(to_tsvector('english', fold(coalesce(caption, ''))), 'B')
        || setweight(to_tsvector('simple', fold(regexp_replace(name, '[^[:alnum:]]+', ' ', 'g'))), 'C')
        || setweight(to_tsvector('english', fold(regexp_replace(name, '[^[:alnum:]]+', ' ', 'g'))), 'C');

CREATE OR REPLACE FUNCTION set_asset_words() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    name text := (SELECT f.name FROM file f WHERE f.id = NEW.file_id);
BEGIN
    NEW.words := fold(concat_ws(E'\n', NEW.title, NEW.caption, name));
    NEW.document := document_of(NEW.title, NEW.caption, name);
    RETURN NEW;
END
$$;
DROP INDEX asset_words;
UPDATE asset a SET document = document_of(a.title, a.caption, f.name) FROM file f WHERE f.id = a.file_id;
-- Every search reads what these two have yet to sort in, from end to end: it is kept short.
CREATE INDEX asset_words ON asset USING gin (workspace_id, words gin_trgm_ops) WITH (gin_pending_list_limit = 256);
CREATE INDEX asset_document ON asset USING gin (workspace_id, document) WITH (gin_pending_list_limit = 256);

-- The spaces in which vectors can be compared. One is active; a second one may be on its way to take its place.
CREATE TABLE embedding_model (
    id          integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    name        text NOT NULL UNIQUE,
    spec        text NOT NULL,
    dimensions  integer NOT NULL,
    active      boolean NOT NULL DEFAULT false,
    created_at  timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX embedding_model_active ON embedding_model (active) WHERE active;

-- What an asset's content, and its caption, mean. An asset that a model is done with has a row for its content, without a
-- vector where there is nothing to see, and with the reason where it could not be read. Each model has an index of its own.
CREATE TABLE embedding (
    asset_id      uuid NOT NULL REFERENCES asset ON DELETE CASCADE,
    model_id      integer NOT NULL REFERENCES embedding_model,
    part          text NOT NULL CHECK (part IN ('content', 'caption')),
    workspace_id  uuid NOT NULL,
    vector        halfvec,
    failure       text,
    PRIMARY KEY (asset_id, model_id, part)
);
ALTER TABLE embedding ALTER vector SET STORAGE PLAIN;
CREATE INDEX embedding_workspace ON embedding (workspace_id, model_id) WHERE vector IS NOT NULL;
CREATE INDEX embedding_failure ON embedding (model_id) WHERE failure IS NOT NULL;

-- A task is fetched when nobody has its lock. procrastinate's own index has locks behind ids: it would be read to the end.
CREATE INDEX job_lock ON procrastinate_jobs (lock) WHERE status IN ('todo', 'doing');

-- Tasks that were given up, and why. Their jobs stay in the queue as failed until somebody looks.
CREATE TABLE parked_task (
    job_id     bigint PRIMARY KEY,
    task       text NOT NULL,
    arguments  jsonb NOT NULL,
    reason     text NOT NULL,
    parked_at  timestamptz NOT NULL DEFAULT now()
);

-- What is here already is to be found by its meaning, too.
INSERT INTO procrastinate_jobs (queue_name, task_name, priority, lock, args)
SELECT 'embed_asset', 'embed_asset', -1, format('["embed_asset",{"asset_id":"%s"}]', id), jsonb_build_object('asset_id', id)
FROM asset;
