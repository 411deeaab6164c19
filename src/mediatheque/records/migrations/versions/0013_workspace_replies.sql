-- Idempotency keys belong to the workspace: a retry may come with another of its API keys.

ALTER TABLE idempotency ADD workspace_id uuid;
UPDATE idempotency i SET workspace_id = k.workspace_id FROM api_key k WHERE k.id = i.key_id;

-- Of equal keys of one workspace, a stored reply stays rather than a claim, then the latest.
DELETE FROM idempotency older USING idempotency newer
WHERE older.workspace_id = newer.workspace_id AND older.operation = newer.operation AND older.key = newer.key
    AND (older.status IS NOT NULL, older.created_at, older.attempt)
        < (newer.status IS NOT NULL, newer.created_at, newer.attempt);

ALTER TABLE idempotency ALTER workspace_id SET NOT NULL;
ALTER TABLE idempotency ADD FOREIGN KEY (workspace_id) REFERENCES workspace ON DELETE CASCADE;
CREATE UNIQUE INDEX idempotency_workspace ON idempotency (workspace_id, operation, key);

-- Servers of the version before, which may run beside this one for a while, do not name the workspace.
CREATE FUNCTION set_idempotency_workspace() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    SELECT workspace_id INTO NEW.workspace_id FROM api_key WHERE id = NEW.key_id;
    RETURN NEW;
END
$$;

CREATE TRIGGER idempotency_workspace BEFORE INSERT ON idempotency
    FOR EACH ROW WHEN (NEW.workspace_id IS NULL) EXECUTE FUNCTION set_idempotency_workspace();
