-- Who changed what, when and from where: a row for each mutation that somebody asked for, written by triggers in its
-- transaction. Who that is, `mediatheque.actor` says while the transaction lasts (records/accounts/actor.py); what the
-- library does by itself, such as deleting what expired, has no actor and no row.

-- No foreign keys: the rows outlive what they are about, and its workspace. `target_id` is what was changed, and the first
-- word of `action` says what that is; `related_id` what it was put into, tagged with or made of.
CREATE TABLE audit_log (
    id            uuid NOT NULL DEFAULT gen_random_uuid(),
    created_at    timestamptz NOT NULL DEFAULT now(),
    workspace_id  uuid,
    action        text NOT NULL,
    target_id     uuid,
    related_id    uuid,
    actor         text NOT NULL CHECK (actor IN ('key', 'token', 'instance', 'cli')),
    key_id        uuid,
    key_name      text,
    address       inet,
    user_agent    text,
    request_id    text,
    PRIMARY KEY (created_at, id)
);
CREATE INDEX audit_log_workspace ON audit_log (workspace_id, created_at DESC, id DESC);
CREATE INDEX audit_log_target ON audit_log (target_id, created_at DESC, id DESC);
CREATE INDEX audit_log_key ON audit_log (key_id, created_at DESC, id DESC);
-- Most rows are of uploads, and lists of those find them everywhere. All other actions are few, and found by this index.
CREATE INDEX audit_log_action ON audit_log (workspace_id, action, created_at DESC, id DESC)
    WHERE action NOT IN ('asset.create', 'file.create', 'upload.create', 'upload.part', 'upload.complete');

-- Write a row if there is an actor; return whether one was written.
CREATE FUNCTION record_audit(workspace uuid, action text, target uuid, related uuid DEFAULT NULL) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
    actor text := current_setting('mediatheque.actor', true);
BEGIN
    IF actor IS NULL OR actor = '' THEN
        RETURN false;
    END IF;
    INSERT INTO audit_log (workspace_id, action, target_id, related_id,
                           actor, key_id, key_name, address, user_agent, request_id)
    SELECT workspace, action, target, related, a.kind, a.key_id, a.key_name, a.address, a.user_agent, a.request_id
    FROM jsonb_to_record(actor::jsonb)
        AS a (kind text, key_id uuid, key_name text, address inet, user_agent text, request_id text);
    RETURN true;
END
$$;

-- The action is the trigger's argument. Rows of all these tables have `id` and `workspace_id`.
CREATE FUNCTION audit_row() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    changed record := CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
BEGIN
    PERFORM record_audit(changed.workspace_id, TG_ARGV[0], changed.id);
    RETURN NULL;
END
$$;

CREATE FUNCTION audit_workspace() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    changed record := CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
BEGIN
    PERFORM record_audit(changed.id, TG_ARGV[0], changed.id);
    RETURN NULL;
END
$$;

CREATE FUNCTION audit_quota() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    changed record := CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
BEGIN
    PERFORM record_audit(changed.workspace_id, TG_ARGV[0], changed.workspace_id);
    RETURN NULL;
END
$$;

-- The file's or the asset's id stays when the upload's row is gone.
CREATE FUNCTION audit_upload() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM record_audit(NEW.workspace_id, TG_ARGV[0], NEW.id, COALESCE(NEW.asset_id, NEW.file_id));
    RETURN NULL;
END
$$;

CREATE FUNCTION audit_part() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM record_audit(u.workspace_id, TG_ARGV[0], u.id, u.file_id) FROM upload u WHERE u.id = NEW.upload_id;
    RETURN NULL;
END
$$;

-- Memberships are rows without a workspace. Those of an asset that goes to the trash, or comes back, are not changed.
CREATE FUNCTION audit_tagging() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    changed record := CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
BEGIN
    PERFORM record_audit(a.workspace_id, TG_ARGV[0], a.id, changed.tag_id)
    FROM asset a WHERE a.id = changed.asset_id AND a.trashed_at IS NULL;
    RETURN NULL;
END
$$;

CREATE FUNCTION audit_membership() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    changed record := CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
BEGIN
    PERFORM record_audit(c.workspace_id, TG_ARGV[0], c.id, a.id)
    FROM collection c, asset a
    WHERE c.id = changed.collection_id AND a.id = changed.asset_id AND a.trashed_at IS NULL;
    RETURN NULL;
END
$$;

-- What a trigger or a foreign key does on behalf of a change is part of that change: `pg_trigger_depth()` is 0 for the
-- change itself.

CREATE TRIGGER audit_create AFTER INSERT ON asset FOR EACH ROW
    WHEN (current_setting('mediatheque.actor', true) <> '') EXECUTE FUNCTION audit_row('asset.create');
CREATE TRIGGER audit_update AFTER UPDATE OF title, caption, is_favorite, folder_id, metadata, external_id ON asset
    FOR EACH ROW WHEN (current_setting('mediatheque.actor', true) <> '' AND pg_trigger_depth() = 0
        AND (OLD.title, OLD.caption, OLD.is_favorite, OLD.folder_id, OLD.metadata, OLD.external_id)
            IS DISTINCT FROM (NEW.title, NEW.caption, NEW.is_favorite, NEW.folder_id, NEW.metadata, NEW.external_id))
    EXECUTE FUNCTION audit_row('asset.update');
CREATE TRIGGER audit_replace AFTER UPDATE OF file_id ON asset FOR EACH ROW
    WHEN (current_setting('mediatheque.actor', true) <> '' AND OLD.file_id <> NEW.file_id)
    EXECUTE FUNCTION audit_row('asset.replace');
CREATE TRIGGER audit_trash AFTER UPDATE OF trashed_at ON asset FOR EACH ROW
    WHEN (current_setting('mediatheque.actor', true) <> '' AND OLD.trashed_at IS NULL AND NEW.trashed_at IS NOT NULL)
    EXECUTE FUNCTION audit_row('asset.trash');
CREATE TRIGGER audit_restore AFTER UPDATE OF trashed_at ON asset FOR EACH ROW
    WHEN (current_setting('mediatheque.actor', true) <> '' AND OLD.trashed_at IS NOT NULL AND NEW.trashed_at IS NULL)
    EXECUTE FUNCTION audit_row('asset.restore');
CREATE TRIGGER audit_delete AFTER DELETE ON asset FOR EACH ROW
    WHEN (current_setting('mediatheque.actor', true) <> '') EXECUTE FUNCTION audit_row('asset.delete');

-- A file without an asset is recorded by the statement that stores it (records/catalog/record.py).
CREATE TRIGGER audit_access AFTER UPDATE OF acl, expires_at ON file FOR EACH ROW
    WHEN (current_setting('mediatheque.actor', true) <> '' AND pg_trigger_depth() = 0
        AND (OLD.acl, OLD.expires_at) IS DISTINCT FROM (NEW.acl, NEW.expires_at))
    EXECUTE FUNCTION audit_row('file.update');

CREATE TRIGGER audit_create AFTER INSERT ON tag FOR EACH ROW
    WHEN (current_setting('mediatheque.actor', true) <> '') EXECUTE FUNCTION audit_row('tag.create');
CREATE TRIGGER audit_update AFTER UPDATE ON tag FOR EACH ROW
    WHEN (current_setting('mediatheque.actor', true) <> '' AND OLD.* IS DISTINCT FROM NEW.*)
    EXECUTE FUNCTION audit_row('tag.update');
CREATE TRIGGER audit_delete AFTER DELETE ON tag FOR EACH ROW
    WHEN (current_setting('mediatheque.actor', true) <> '') EXECUTE FUNCTION audit_row('tag.delete');
CREATE TRIGGER audit_add AFTER INSERT ON asset_tag FOR EACH ROW
    WHEN (current_setting('mediatheque.actor', true) <> '') EXECUTE FUNCTION audit_tagging('asset.tag');
CREATE TRIGGER audit_remove AFTER DELETE ON asset_tag FOR EACH ROW
    WHEN (current_setting('mediatheque.actor', true) <> '' AND pg_trigger_depth() = 0)
    EXECUTE FUNCTION audit_tagging('asset.untag');

-- Characters are collections of a type of their own.
CREATE TRIGGER audit_create AFTER INSERT ON collection FOR EACH ROW
    WHEN (current_setting('mediatheque.actor', true) <> '' AND NEW.type <> 'character')
    EXECUTE FUNCTION audit_row('collection.create');
CREATE TRIGGER audit_update AFTER UPDATE ON collection FOR EACH ROW
    WHEN (current_setting('mediatheque.actor', true) <> '' AND pg_trigger_depth() = 0
        AND OLD.* IS DISTINCT FROM NEW.* AND NEW.type <> 'character')
    EXECUTE FUNCTION audit_row('collection.update');
CREATE TRIGGER audit_delete AFTER DELETE ON collection FOR EACH ROW
    WHEN (current_setting('mediatheque.actor', true) <> '' AND OLD.type <> 'character')
    EXECUTE FUNCTION audit_row('collection.delete');
CREATE TRIGGER audit_create_character AFTER INSERT ON collection FOR EACH ROW
    WHEN (current_setting('mediatheque.actor', true) <> '' AND NEW.type = 'character')
    EXECUTE FUNCTION audit_row('character.create');
CREATE TRIGGER audit_update_character AFTER UPDATE ON collection FOR EACH ROW
    WHEN (current_setting('mediatheque.actor', true) <> '' AND pg_trigger_depth() = 0
        AND OLD.* IS DISTINCT FROM NEW.* AND NEW.type = 'character')
    EXECUTE FUNCTION audit_row('character.update');
CREATE TRIGGER audit_delete_character AFTER DELETE ON collection FOR EACH ROW
    WHEN (current_setting('mediatheque.actor', true) <> '' AND OLD.type = 'character')
    EXECUTE FUNCTION audit_row('character.delete');
CREATE TRIGGER audit_add AFTER INSERT ON collection_asset FOR EACH ROW
    WHEN (current_setting('mediatheque.actor', true) <> '') EXECUTE FUNCTION audit_membership('collection.add');
CREATE TRIGGER audit_remove AFTER DELETE ON collection_asset FOR EACH ROW
    WHEN (current_setting('mediatheque.actor', true) <> '' AND pg_trigger_depth() = 0)
    EXECUTE FUNCTION audit_membership('collection.remove');

CREATE TRIGGER audit_create AFTER INSERT ON folder FOR EACH ROW
    WHEN (current_setting('mediatheque.actor', true) <> '') EXECUTE FUNCTION audit_row('folder.create');
CREATE TRIGGER audit_update AFTER UPDATE ON folder FOR EACH ROW
    WHEN (current_setting('mediatheque.actor', true) <> '' AND OLD.trashed_at IS NOT DISTINCT FROM NEW.trashed_at
        AND OLD.* IS DISTINCT FROM NEW.*)
    EXECUTE FUNCTION audit_row('folder.update');
CREATE TRIGGER audit_trash AFTER UPDATE OF trashed_at ON folder FOR EACH ROW
    WHEN (current_setting('mediatheque.actor', true) <> '' AND OLD.trashed_at IS NULL AND NEW.trashed_at IS NOT NULL)
    EXECUTE FUNCTION audit_row('folder.trash');
CREATE TRIGGER audit_restore AFTER UPDATE OF trashed_at ON folder FOR EACH ROW
    WHEN (current_setting('mediatheque.actor', true) <> '' AND OLD.trashed_at IS NOT NULL AND NEW.trashed_at IS NULL)
    EXECUTE FUNCTION audit_row('folder.restore');
CREATE TRIGGER audit_delete AFTER DELETE ON folder FOR EACH ROW
    WHEN (current_setting('mediatheque.actor', true) <> '') EXECUTE FUNCTION audit_row('folder.delete');

CREATE TRIGGER audit_create AFTER INSERT ON upload FOR EACH ROW
    WHEN (current_setting('mediatheque.actor', true) <> '') EXECUTE FUNCTION audit_upload('upload.create');
CREATE TRIGGER audit_receive AFTER UPDATE OF storage_key ON upload FOR EACH ROW
    WHEN (current_setting('mediatheque.actor', true) <> '' AND NEW.storage_key IS NOT NULL
        AND OLD.storage_key IS DISTINCT FROM NEW.storage_key)
    EXECUTE FUNCTION audit_upload('upload.receive');
CREATE TRIGGER audit_request AFTER UPDATE OF requested_at ON upload FOR EACH ROW
    WHEN (current_setting('mediatheque.actor', true) <> '' AND NEW.requested_at IS NOT NULL
        AND OLD.requested_at IS DISTINCT FROM NEW.requested_at)
    EXECUTE FUNCTION audit_upload('upload.request');
CREATE TRIGGER audit_complete AFTER UPDATE OF completed_at ON upload FOR EACH ROW
    WHEN (current_setting('mediatheque.actor', true) <> '' AND OLD.completed_at IS NULL AND NEW.completed_at IS NOT NULL)
    EXECUTE FUNCTION audit_upload('upload.complete');
CREATE TRIGGER audit_put AFTER INSERT OR UPDATE ON upload_part FOR EACH ROW
    WHEN (current_setting('mediatheque.actor', true) <> '') EXECUTE FUNCTION audit_part('upload.part');
CREATE TRIGGER audit_create AFTER INSERT ON upload_batch FOR EACH ROW
    WHEN (current_setting('mediatheque.actor', true) <> '') EXECUTE FUNCTION audit_row('batch.create');

CREATE TRIGGER audit_create AFTER INSERT ON api_key FOR EACH ROW
    WHEN (current_setting('mediatheque.actor', true) <> '') EXECUTE FUNCTION audit_row('key.create');
CREATE TRIGGER audit_revoke AFTER UPDATE OF revoked_at ON api_key FOR EACH ROW
    WHEN (current_setting('mediatheque.actor', true) <> '' AND OLD.revoked_at IS NULL AND NEW.revoked_at IS NOT NULL)
    EXECUTE FUNCTION audit_row('key.revoke');
CREATE TRIGGER audit_rotate AFTER UPDATE OF secret_hash ON api_key FOR EACH ROW
    WHEN (current_setting('mediatheque.actor', true) <> '' AND OLD.secret_hash <> NEW.secret_hash)
    EXECUTE FUNCTION audit_row('key.rotate');

CREATE TRIGGER audit_create AFTER INSERT ON workspace FOR EACH ROW
    WHEN (current_setting('mediatheque.actor', true) <> '') EXECUTE FUNCTION audit_workspace('workspace.create');
CREATE TRIGGER audit_update AFTER UPDATE OF name, file_defaults ON workspace FOR EACH ROW
    WHEN (current_setting('mediatheque.actor', true) <> ''
        AND (OLD.name, OLD.file_defaults) IS DISTINCT FROM (NEW.name, NEW.file_defaults))
    EXECUTE FUNCTION audit_workspace('workspace.update');
CREATE TRIGGER audit_quota AFTER INSERT OR UPDATE OR DELETE ON workspace_quota FOR EACH ROW
    WHEN (current_setting('mediatheque.actor', true) <> '' AND pg_trigger_depth() = 0)
    EXECUTE FUNCTION audit_quota('workspace.quota');
