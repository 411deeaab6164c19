-- What assets consisted of before. The current content is the asset's file, whose number is `asset.version`: it only
-- rises, so that no number stands for two contents. Older content has a file, too, and so a URL, an ACL and an expiry.

ALTER TABLE asset ADD version integer NOT NULL DEFAULT 1;

CREATE TABLE asset_version (
    asset_id      uuid NOT NULL REFERENCES asset ON DELETE CASCADE,
    number        integer NOT NULL,
    workspace_id  uuid NOT NULL REFERENCES workspace,
    file_id       uuid NOT NULL UNIQUE REFERENCES file ON DELETE CASCADE,
    replaced_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (asset_id, number)
);

-- A version's file ends with it, whoever deletes it, also by a cascade from the asset. Deleters that may meet each other
-- have locked the files and blobs before, in the order of records/catalog/files.py, and this waits for nobody.
CREATE FUNCTION delete_version_file() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    content uuid;
BEGIN
    DELETE FROM file f WHERE f.id = OLD.file_id AND NOT EXISTS (SELECT FROM asset WHERE file_id = f.id)
    RETURNING blob_id INTO content;
    PERFORM FROM blob WHERE id = content FOR UPDATE;
    UPDATE blob SET unreferenced_since = now()
    WHERE id = content AND unreferenced_since IS NULL AND NOT EXISTS (SELECT FROM file WHERE blob_id = content);
    RETURN NULL;
END
$$;
CREATE TRIGGER deleted_version AFTER DELETE ON asset_version FOR EACH ROW EXECUTE FUNCTION delete_version_file();

-- A replacement is recorded as that of the asset, in which the former content is the version.
CREATE FUNCTION audit_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM record_audit(OLD.workspace_id, TG_ARGV[0], OLD.asset_id, OLD.file_id);
    RETURN NULL;
END
$$;
CREATE TRIGGER audit_delete AFTER DELETE ON asset_version FOR EACH ROW
    WHEN (current_setting('mediatheque.actor', true) <> '' AND pg_trigger_depth() = 0)
    EXECUTE FUNCTION audit_version('asset.delete_version');

-- A collection's cover follows the asset whose content is replaced.
CREATE INDEX collection_cover ON collection (cover_file_id) WHERE cover_file_id IS NOT NULL;

-- Whether the content was ever stored a second time: only such blobs can be those of duplicates. Whoever refers to a
-- blob that exists sets `unreferenced_since` to null.
ALTER TABLE blob ADD reused boolean NOT NULL DEFAULT false;

CREATE FUNCTION set_blob_reused() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.reused := true;
    RETURN NEW;
END
$$;
CREATE TRIGGER reused_blob BEFORE UPDATE OF unreferenced_since ON blob
    FOR EACH ROW WHEN (NEW.unreferenced_since IS NULL AND NOT NEW.reused) EXECUTE FUNCTION set_blob_reused();

UPDATE blob SET reused = true WHERE id IN (SELECT blob_id FROM file GROUP BY blob_id HAVING count(*) > 1);
CREATE INDEX blob_reused ON blob (workspace_id, created_at DESC, id DESC) WHERE reused;
