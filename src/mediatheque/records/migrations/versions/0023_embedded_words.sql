-- The words of what a file says about itself: prompts, titles, captions and keywords. They count less than those of the
-- asset's title, caption and name. A negative prompt names what is not there.
CREATE FUNCTION embedded_words(data jsonb, generation jsonb) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN left(concat_ws(E'\n',
        generation ->> 'prompt',
        data #>> '{exif,title}', data #>> '{exif,description}', data #>> '{exif,keywords}',
        data #>> '{iptc,title}', data #>> '{iptc,headline}', data #>> '{iptc,caption}', data #>> '{iptc,keywords}',
        data #>> '{xmp,title}', data #>> '{xmp,headline}', data #>> '{xmp,description}', data #>> '{xmp,keywords}',
        data #>> '{tags,title}', data #>> '{tags,artist}', data #>> '{tags,album}', data #>> '{tags,description}',
        data #>> '{text,Title}', data #>> '{text,Description}'), 20000);

ALTER TABLE embedded_metadata ADD words text GENERATED ALWAYS AS (embedded_words(data, generation)) STORED;

CREATE FUNCTION document_of(title text, caption text, name text, embedded text) RETURNS tsvector
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN embedded IS NULL OR embedded = '' THEN document_of(title, caption, name) ELSE ts_delete(
        document_part('simple', title, 'A') || document_part('english', title, 'A')
        || document_part('simple', caption, 'B') || document_part('english', caption, 'B')
        || document_part('simple', name, 'C') || document_part('english', name, 'C')
        || document_part('simple', embedded, 'D') || document_part('english', embedded, 'D'), 'u0x') END;

-- The file is locked as its foreign key will lock it, before the words are read: what a task reads of the file at the
-- same moment is in the words, or the task finds the asset.
CREATE OR REPLACE FUNCTION set_asset_words() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    name      text;
    blob      uuid;
    embedded  text;
BEGIN
    SELECT f.name, b.id, coalesce(f.mime, b.mime), b.size, b.width, b.height, b.duration
    INTO name, blob, NEW.mime, NEW.size, NEW.width, NEW.height, NEW.duration
    FROM file f JOIN blob b ON b.id = f.blob_id WHERE f.id = NEW.file_id FOR KEY SHARE OF f;
    SELECT m.words INTO embedded FROM embedded_metadata m WHERE m.blob_id = blob;
    NEW.words := fold(concat_ws(E'\n', NEW.title, NEW.caption, name));
    NEW.document := document_of(NEW.title, NEW.caption, name, embedded);
    RETURN NEW;
END
$$;

-- Blobs of older versions, which a task reads once more.
CREATE INDEX blob_unread ON blob (id) WHERE crc32 IS NULL;
