-- Results of other services (providers) that become assets, and what announces them.

-- A result: `subject` is the request's id, or what stands for one. `sealed_key` is encrypted, and null once the keep has
-- ended. `unfinished` counts attempts whose end was not recorded since the last one whose end was.
CREATE TABLE keep (
    id               uuid PRIMARY KEY,
    workspace_id     uuid NOT NULL REFERENCES workspace ON DELETE CASCADE,
    provider         text NOT NULL,
    subject          text NOT NULL,
    request_id       text,
    endpoint         text,
    prompt           text,
    inputs           text[] NOT NULL DEFAULT '{}',
    labels           jsonb NOT NULL,
    state            text NOT NULL,
    reason           text,
    sealed_key       bytea,
    attempts         integer NOT NULL DEFAULT 0,
    failures         integer NOT NULL DEFAULT 0,
    unfinished       integer NOT NULL DEFAULT 0,
    created_at       timestamptz NOT NULL DEFAULT now(),
    give_up_at       timestamptz NOT NULL,
    next_attempt_at  timestamptz,
    ended_at         timestamptz,
    UNIQUE (workspace_id, provider, subject)
);
CREATE INDEX keep_newest ON keep (workspace_id, created_at DESC, id DESC);
CREATE INDEX keep_request ON keep (workspace_id, request_id) WHERE request_id IS NOT NULL;
CREATE INDEX keep_state ON keep (workspace_id, state, created_at DESC, id DESC);
-- What a worker must still come back to, of all workspaces.
CREATE INDEX keep_due ON keep (next_attempt_at) WHERE state IN ('waiting', 'saving');

-- A URL in a result. `path` is its place in the JSON. `asset_id` is chosen before the asset exists, and stays when the
-- asset is deleted.
CREATE TABLE keep_output (
    keep_id       uuid NOT NULL REFERENCES keep ON DELETE CASCADE,
    path          text NOT NULL,
    position      integer NOT NULL,
    url           text NOT NULL,
    name          text,
    is_media      boolean NOT NULL,
    asset_id      uuid NOT NULL,
    state         text NOT NULL DEFAULT 'pending',
    reason        text,
    attempts      integer NOT NULL DEFAULT 0,
    gone          integer NOT NULL DEFAULT 0,
    PRIMARY KEY (keep_id, path)
);

-- `key_id` is the key that created it, to which the audit log attributes what arrives.
CREATE TABLE hook (
    id             uuid PRIMARY KEY,
    workspace_id   uuid NOT NULL REFERENCES workspace ON DELETE CASCADE,
    key_id         uuid NOT NULL,
    provider       text NOT NULL,
    endpoint       text,
    token_hash     bytea NOT NULL UNIQUE,
    sealed_secret  bytea,
    labels         jsonb NOT NULL,
    created_at     timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX hook_newest ON hook (workspace_id, created_at DESC, id DESC);

CREATE TABLE provider_key (
    workspace_id  uuid NOT NULL REFERENCES workspace ON DELETE CASCADE,
    provider      text NOT NULL,
    sealed        bytea NOT NULL,
    hint          text NOT NULL,
    updated_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, provider)
);

-- A worker has no actor: what it does with a keep is no entry of the audit log.
CREATE TRIGGER audit_create AFTER INSERT ON keep FOR EACH ROW
    WHEN (current_setting('mediatheque.actor', true) <> '') EXECUTE FUNCTION audit_row('keep.create');
CREATE TRIGGER audit_cancel AFTER UPDATE OF state ON keep FOR EACH ROW
    WHEN (current_setting('mediatheque.actor', true) <> '' AND OLD.state <> 'canceled' AND NEW.state = 'canceled')
    EXECUTE FUNCTION audit_row('keep.cancel');
CREATE TRIGGER audit_retry AFTER UPDATE OF state ON keep FOR EACH ROW
    WHEN (current_setting('mediatheque.actor', true) <> '' AND OLD.ended_at IS NOT NULL AND NEW.ended_at IS NULL)
    EXECUTE FUNCTION audit_row('keep.retry');

CREATE TRIGGER audit_create AFTER INSERT ON hook FOR EACH ROW
    WHEN (current_setting('mediatheque.actor', true) <> '') EXECUTE FUNCTION audit_row('hook.create');
CREATE TRIGGER audit_update AFTER UPDATE ON hook FOR EACH ROW
    WHEN (current_setting('mediatheque.actor', true) <> '') EXECUTE FUNCTION audit_row('hook.update');
CREATE TRIGGER audit_delete AFTER DELETE ON hook FOR EACH ROW
    WHEN (current_setting('mediatheque.actor', true) <> '' AND pg_trigger_depth() = 0)
    EXECUTE FUNCTION audit_row('hook.delete');

CREATE FUNCTION audit_provider_key() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    changed record := CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
BEGIN
    PERFORM record_audit(changed.workspace_id, TG_ARGV[0], changed.workspace_id);
    RETURN NULL;
END
$$;
CREATE TRIGGER audit_set AFTER INSERT OR UPDATE ON provider_key FOR EACH ROW
    WHEN (current_setting('mediatheque.actor', true) <> '') EXECUTE FUNCTION audit_provider_key('provider_key.set');
CREATE TRIGGER audit_delete AFTER DELETE ON provider_key FOR EACH ROW
    WHEN (current_setting('mediatheque.actor', true) <> '' AND pg_trigger_depth() = 0)
    EXECUTE FUNCTION audit_provider_key('provider_key.delete');
