-- Assets have an id of the client's own and a trash; blobs have what their bytes say about themselves, and a CRC-32.

-- Null: not computed yet. An unsigned number of 32 bits.
ALTER TABLE blob ADD crc32 bigint CHECK (crc32 BETWEEN 0 AND 4294967295);

-- What a file says about itself (EXIF and the like), and how it was generated. A blob that says nothing has no row.
CREATE TABLE embedded_metadata (
    blob_id       uuid PRIMARY KEY REFERENCES blob ON DELETE CASCADE,
    workspace_id  uuid NOT NULL REFERENCES workspace,
    data          jsonb NOT NULL,
    generation    jsonb
);

-- `trashed_at` is null outside the trash. `updated_at` is null until the asset's own columns change.
ALTER TABLE asset ADD external_id text, ADD trashed_at timestamptz, ADD updated_at timestamptz;
CREATE UNIQUE INDEX asset_external_id ON asset (workspace_id, external_id)
    WHERE external_id IS NOT NULL AND trashed_at IS NULL;
CREATE INDEX asset_trash ON asset (workspace_id, trashed_at DESC, id DESC) WHERE trashed_at IS NOT NULL;
CREATE INDEX asset_trash_age ON asset (trashed_at) WHERE trashed_at IS NOT NULL;

CREATE FUNCTION set_asset_updated_at() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.updated_at := clock_timestamp();
    RETURN NEW;
END
$$;
CREATE TRIGGER asset_updated_at
    BEFORE UPDATE OF title, caption, is_favorite, folder_id, metadata, external_id, file_id, trashed_at ON asset
    FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION set_asset_updated_at();

-- All rows of a new file in one statement: its blob, the file, and the asset with its task, where there is one.
--
-- `new_blob`, `new_file`, `new_asset` and `new_task` hold columns by name; the last two may be null. With `duplicate`,
-- the content is that of the blob with that id; else the blob is new, and its bytes have a pending write, which ends
-- here. Returned is the blob that the file has: that of a concurrent request, if that stored the same content first.
-- `replacing` is a storage key without all its bytes: a blob that still has it gets the new one, and what there is of
-- the bytes is marked for deletion.
--
-- A call may be repeated with the same file and asset when it is not known whether the first one was committed.
CREATE OR REPLACE FUNCTION record_file(
    duplicate uuid, new_blob jsonb, replacing text, new_file jsonb, new_asset jsonb, new_task jsonb,
    OUT blob_id uuid, OUT storage_key text, OUT state text, OUT state_reason text, OUT file_created_at timestamptz
)
LANGUAGE plpgsql AS $$
DECLARE
    given   blob := jsonb_populate_record(NULL::blob, new_blob);
    made    file := jsonb_populate_record(NULL::file, new_file);
    stored  blob;
BEGIN
    IF duplicate IS NOT NULL THEN
        UPDATE blob b SET unreferenced_since = NULL WHERE b.id = duplicate RETURNING * INTO stored;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'The blob was collected.' USING ERRCODE = 'MQ001';
        END IF;
    ELSE
        INSERT INTO blob AS b (id, workspace_id, sha256, crc32, size, storage_key, mime, kind, width, height, duration)
        VALUES (given.id, given.workspace_id, given.sha256, given.crc32, given.size, given.storage_key,
                given.mime, given.kind, given.width, given.height, given.duration)
        ON CONFLICT (workspace_id, sha256, size) DO UPDATE SET unreferenced_since = NULL,
            storage_key = CASE WHEN b.storage_key = replacing THEN excluded.storage_key ELSE b.storage_key END
        RETURNING * INTO stored;
        IF new_blob -> 'embedded' IS NOT NULL AND stored.id = given.id THEN
            INSERT INTO embedded_metadata (blob_id, workspace_id, data, generation)
            VALUES (given.id, given.workspace_id, new_blob -> 'embedded', NULLIF(new_blob -> 'generation', 'null'));
        END IF;
    END IF;
    blob_id := stored.id;
    storage_key := stored.storage_key;
    state := stored.state;
    state_reason := stored.state_reason;

    -- The type is stored where it differs from the blob's, which the bytes of an unknown format do not tell.
    INSERT INTO file (id, workspace_id, blob_id, name, origin_url, expires_at, acl, mime)
    VALUES (made.id, made.workspace_id, stored.id, made.name, made.origin_url, made.expires_at, made.acl,
            NULLIF(made.mime, stored.mime))
    ON CONFLICT DO NOTHING RETURNING created_at INTO file_created_at;
    IF NOT FOUND THEN
        SELECT created_at INTO file_created_at FROM file f WHERE f.id = made.id AND f.workspace_id = made.workspace_id;
        IF FOUND THEN
            RETURN;
        END IF;
        RAISE EXCEPTION 'The workspace has a file of this origin URL.' USING ERRCODE = 'MQ002';
    END IF;

    IF duplicate IS NULL AND stored.storage_key = given.storage_key THEN
        DELETE FROM pending_write p WHERE p.storage_key = stored.storage_key AND NOT p.deleting;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'The pending write was given up.' USING ERRCODE = 'MQ003';
        END IF;
        IF stored.id <> given.id THEN
            INSERT INTO pending_write (storage_key, deleting) VALUES (replacing, true)
            ON CONFLICT ON CONSTRAINT pending_write_pkey DO UPDATE SET deleting = true;
        END IF;
    END IF;

    IF new_asset IS NULL THEN
        RETURN;
    END IF;
    INSERT INTO asset (id, workspace_id, file_id, kind, title, caption, source, endpoint, request_id,
                       is_favorite, folder_id, metadata, external_id, created_at)
    SELECT a.id, a.workspace_id, made.id, a.kind, a.title, a.caption, a.source, a.endpoint, a.request_id,
           a.is_favorite, a.folder_id, a.metadata, a.external_id, a.created_at
    FROM jsonb_populate_record(NULL::asset, new_asset) a;
    PERFORM procrastinate_defer_jobs_v1(
        ARRAY[jsonb_populate_record(NULL::procrastinate_job_to_defer_v1, new_task)]
    );
END
$$;
