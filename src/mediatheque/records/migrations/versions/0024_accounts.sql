-- Keys have names and an end; workspaces can be suspended and deleted, and keep the names that they had.

-- While a key is rotated, its secret before is good until `previous_expires_at`.
ALTER TABLE api_key
    ADD name text NOT NULL DEFAULT '',
    ADD expires_at timestamptz,
    ADD previous_hash bytea CHECK (octet_length(previous_hash) = 32),
    ADD previous_expires_at timestamptz;
CREATE INDEX api_key_newest ON api_key (workspace_id, created_at DESC, id DESC);

-- From `deleted_at` on, nothing of the workspace is found any more; a task deletes its content and then this row.
ALTER TABLE workspace ADD suspended_at timestamptz, ADD deleted_at timestamptz;
CREATE INDEX workspace_newest ON workspace (created_at DESC, id DESC);
CREATE INDEX workspace_deleted ON workspace (deleted_at) WHERE deleted_at IS NOT NULL;
CREATE INDEX upload_workspace ON upload (workspace_id);
CREATE INDEX upload_batch_workspace ON upload_batch (workspace_id);

-- ACLs of files name workspaces by their names, also in other workspaces. A name therefore stays that of the workspace
-- that had it first, when it is renamed and when it is deleted: no other one gets the rights of its former names.
CREATE TABLE workspace_name (
    name          text PRIMARY KEY,
    workspace_id  uuid REFERENCES workspace ON DELETE SET NULL,
    taken_at      timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX workspace_name_workspace ON workspace_name (workspace_id, taken_at DESC);
INSERT INTO workspace_name (name, workspace_id, taken_at) SELECT name, id, created_at FROM workspace;

CREATE FUNCTION take_workspace_name() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO workspace_name AS taken (name, workspace_id) VALUES (NEW.name, NEW.id)
    ON CONFLICT (name) DO UPDATE SET taken_at = now() WHERE taken.workspace_id = NEW.id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'The name is that of another workspace.' USING ERRCODE = 'MQ010';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER workspace_name AFTER INSERT OR UPDATE OF name ON workspace
    FOR EACH ROW EXECUTE FUNCTION take_workspace_name();

-- A request that began before its workspace was deleted adds nothing to it.
CREATE FUNCTION refuse_deleted_workspace() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM workspace WHERE id = NEW.workspace_id AND deleted_at IS NOT NULL;
    IF FOUND THEN
        RAISE EXCEPTION 'The workspace was deleted.' USING ERRCODE = 'MQ011';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER file_of_deleted_workspace BEFORE INSERT ON file
    FOR EACH ROW EXECUTE FUNCTION refuse_deleted_workspace();

CREATE TRIGGER audit_update AFTER UPDATE OF name, expires_at ON api_key FOR EACH ROW
    WHEN (current_setting('mediatheque.actor', true) <> ''
        AND (OLD.name, OLD.expires_at) IS DISTINCT FROM (NEW.name, NEW.expires_at))
    EXECUTE FUNCTION audit_row('key.update');
CREATE TRIGGER audit_suspend AFTER UPDATE OF suspended_at ON workspace FOR EACH ROW
    WHEN (current_setting('mediatheque.actor', true) <> '' AND OLD.suspended_at IS NULL AND NEW.suspended_at IS NOT NULL)
    EXECUTE FUNCTION audit_workspace('workspace.suspend');
CREATE TRIGGER audit_resume AFTER UPDATE OF suspended_at ON workspace FOR EACH ROW
    WHEN (current_setting('mediatheque.actor', true) <> '' AND OLD.suspended_at IS NOT NULL AND NEW.suspended_at IS NULL)
    EXECUTE FUNCTION audit_workspace('workspace.resume');
CREATE TRIGGER audit_delete AFTER UPDATE OF deleted_at ON workspace FOR EACH ROW
    WHEN (current_setting('mediatheque.actor', true) <> '' AND OLD.deleted_at IS NULL AND NEW.deleted_at IS NOT NULL)
    EXECUTE FUNCTION audit_workspace('workspace.delete');
