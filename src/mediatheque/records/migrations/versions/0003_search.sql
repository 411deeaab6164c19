-- Finding assets and folders by words.

CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE EXTENSION IF NOT EXISTS btree_gin;

-- Texts that differ in case only, or in how accents are put together, are the same. Up and down again: the Greek sigma
-- has two small letters, and only one capital.
CREATE FUNCTION fold(text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN lower(upper(normalize($1, NFC)));

-- Title, caption and file name, folded, a line each: no word reaches from one into the next.
ALTER TABLE asset ADD words text NOT NULL DEFAULT '';

CREATE FUNCTION set_asset_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.words := fold(concat_ws(E'\n', NEW.title, NEW.caption, (SELECT name FROM file WHERE id = NEW.file_id)));
    RETURN NEW;
END
$$;
CREATE TRIGGER asset_words BEFORE INSERT OR UPDATE OF title, caption, file_id ON asset
    FOR EACH ROW EXECUTE FUNCTION set_asset_words();
UPDATE asset SET title = title;

-- A workspace and the three-letter pieces of its words: what others have stored does not slow the search.
CREATE INDEX asset_words ON asset USING gin (workspace_id, words gin_trgm_ops);
CREATE INDEX folder_name ON folder USING gin (workspace_id, fold(name) gin_trgm_ops);
