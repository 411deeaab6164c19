-- What each workspace stores, counted in the transaction of every change, and the quotas of those workspaces that have one.
--
-- Stored are the bytes of blobs that a file refers to, each once, and assets, in the trash or not.

-- Its row is locked by everything that adds to what the workspace stores. Workspaces without a quota have none.
CREATE TABLE workspace_quota (
    workspace_id  uuid PRIMARY KEY REFERENCES workspace ON DELETE CASCADE,
    max_bytes     bigint CHECK (max_bytes >= 0),
    max_assets    bigint CHECK (max_assets >= 0),
    CHECK (num_nonnulls(max_bytes, max_assets) > 0)
);

-- The changes that are not in `usage_total` and `usage_day` yet. Uploads insert here, so that none waits for another.
CREATE TABLE usage_change (
    workspace_id  uuid NOT NULL,
    kind          text NOT NULL,
    bytes         bigint NOT NULL,
    assets        integer NOT NULL,
    changed_at    timestamptz NOT NULL DEFAULT now()
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000);
CREATE INDEX usage_change_workspace ON usage_change (workspace_id);

CREATE TABLE usage_total (
    workspace_id  uuid NOT NULL REFERENCES workspace ON DELETE CASCADE,
    kind          text NOT NULL,
    bytes         bigint NOT NULL,
    assets        bigint NOT NULL,
    PRIMARY KEY (workspace_id, kind)
) WITH (fillfactor = 50);

-- Days are of UTC. A day without changes has no row; before its first row, nothing is known of the workspace.
CREATE TABLE usage_day (
    workspace_id    uuid NOT NULL REFERENCES workspace ON DELETE CASCADE,
    day             date NOT NULL,
    bytes_added     bigint NOT NULL DEFAULT 0,
    bytes_removed   bigint NOT NULL DEFAULT 0,
    assets_added    bigint NOT NULL DEFAULT 0,
    assets_removed  bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (workspace_id, day)
) WITH (fillfactor = 50);
CREATE INDEX usage_day_age ON usage_day (day);

-- Move the changes to the totals and days; they are locked by the caller. Those of a deleted workspace are dropped, also
-- of one that is deleted at this moment.
CREATE FUNCTION fold_usage(changes tid[]) RETURNS integer LANGUAGE sql AS $$
    WITH folded AS (
        DELETE FROM usage_change WHERE ctid = ANY(changes) RETURNING *
    ), living AS MATERIALIZED (
        SELECT id FROM workspace WHERE id IN (SELECT workspace_id FROM folded) FOR KEY SHARE
    ), alive AS (
        SELECT f.*, (f.changed_at AT TIME ZONE 'UTC')::date AS day FROM folded f JOIN living w ON w.id = f.workspace_id
    ), totals AS (
        INSERT INTO usage_total AS t (workspace_id, kind, bytes, assets)
        SELECT workspace_id, kind, sum(bytes), sum(assets) FROM alive GROUP BY 1, 2 ORDER BY 1, 2
        ON CONFLICT (workspace_id, kind) DO UPDATE
            SET bytes = t.bytes + excluded.bytes, assets = t.assets + excluded.assets
    ), days AS (
        INSERT INTO usage_day AS d (workspace_id, day, bytes_added, bytes_removed, assets_added, assets_removed)
        SELECT workspace_id, day, sum(greatest(bytes, 0)), sum(greatest(-bytes, 0)),
            sum(greatest(assets, 0)), sum(greatest(-assets, 0))
        FROM alive GROUP BY 1, 2 ORDER BY 1, 2
        ON CONFLICT (workspace_id, day) DO UPDATE
            SET bytes_added = d.bytes_added + excluded.bytes_added,
                bytes_removed = d.bytes_removed + excluded.bytes_removed,
                assets_added = d.assets_added + excluded.assets_added,
                assets_removed = d.assets_removed + excluded.assets_removed
    )
    SELECT count(*)::integer FROM folded
$$;

-- What the workspace stores, and how many rows say so. Rows that have been folded stay in the table until it is vacuumed:
-- an index scan passes over them for good once it has seen that they are dead, and no other scan does.
CREATE FUNCTION sum_usage(workspace uuid, OUT bytes bigint, OUT assets bigint, OUT rows bigint)
LANGUAGE sql SET enable_seqscan = off SET enable_bitmapscan = off AS $$
    SELECT coalesce(sum(u.bytes), 0), coalesce(sum(u.assets), 0), count(*) FROM (
        SELECT t.bytes, t.assets FROM usage_total t WHERE t.workspace_id = workspace
        UNION ALL
        SELECT c.bytes, c.assets FROM usage_change c WHERE c.workspace_id = workspace
    ) u
$$;

-- Count a change. One that adds to a workspace with a quota locks the quota, so that what all others added before is seen,
-- and fails with MQ004 when the workspace would then store more. `DETAIL` is the exceeded limit, `bytes` or `assets`, and
-- its maximum. It is added to the totals at once, since nobody else adds to them meanwhile: so their sum is read fast.
CREATE FUNCTION change_usage(workspace uuid, kind text, more_bytes bigint, more_assets integer) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    quota   workspace_quota;
    stored  record;
BEGIN
    IF more_bytes > 0 OR more_assets > 0 THEN
        SELECT * INTO quota FROM workspace_quota q WHERE q.workspace_id = workspace FOR NO KEY UPDATE;
    END IF;
    IF quota IS NULL THEN
        INSERT INTO usage_change (workspace_id, kind, bytes, assets) VALUES (workspace, kind, more_bytes, more_assets);
        RETURN;
    END IF;
    SELECT * INTO stored FROM sum_usage(workspace);
    IF more_bytes > 0 AND stored.bytes + more_bytes > quota.max_bytes THEN
        RAISE EXCEPTION 'The quota is exceeded.' USING ERRCODE = 'MQ004', DETAIL = 'bytes ' || quota.max_bytes;
    ELSIF more_assets > 0 AND stored.assets + more_assets > quota.max_assets THEN
        RAISE EXCEPTION 'The quota is exceeded.' USING ERRCODE = 'MQ004', DETAIL = 'assets ' || quota.max_assets;
    END IF;
    INSERT INTO usage_total AS t (workspace_id, kind, bytes, assets) VALUES (workspace, kind, more_bytes, more_assets)
    ON CONFLICT ON CONSTRAINT usage_total_pkey DO UPDATE
        SET bytes = t.bytes + excluded.bytes, assets = t.assets + excluded.assets;
    INSERT INTO usage_day AS d (workspace_id, day, bytes_added, assets_added)
    VALUES (workspace, (now() AT TIME ZONE 'UTC')::date, more_bytes, more_assets)
    ON CONFLICT (workspace_id, day) DO UPDATE
        SET bytes_added = d.bytes_added + excluded.bytes_added, assets_added = d.assets_added + excluded.assets_added;
    -- Where no worker runs, what is deleted must not make the sum slower and slower.
    IF stored.rows > 250 THEN
        PERFORM fold_usage(ARRAY(
            SELECT c.ctid FROM usage_change c WHERE c.workspace_id = workspace FOR UPDATE SKIP LOCKED
        ));
    END IF;
END
$$;

CREATE FUNCTION count_blob() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        PERFORM change_usage(OLD.workspace_id, OLD.kind, -OLD.size, 0);
    ELSIF NEW.unreferenced_since IS NULL THEN
        PERFORM change_usage(NEW.workspace_id, NEW.kind, NEW.size, 0);
    ELSE
        PERFORM change_usage(NEW.workspace_id, NEW.kind, -NEW.size, 0);
    END IF;
    RETURN NULL;
END
$$;

CREATE FUNCTION count_asset() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        PERFORM change_usage(OLD.workspace_id, OLD.kind, 0, -1);
    ELSE
        PERFORM change_usage(NEW.workspace_id, NEW.kind, 0, 1);
    END IF;
    RETURN NULL;
END
$$;

-- While these are created, no transaction writes blobs or assets: what is counted below is all there is.
CREATE TRIGGER usage_inserted AFTER INSERT ON blob
    FOR EACH ROW WHEN (NEW.unreferenced_since IS NULL) EXECUTE FUNCTION count_blob();
CREATE TRIGGER usage_changed AFTER UPDATE OF unreferenced_since ON blob
    FOR EACH ROW WHEN ((OLD.unreferenced_since IS NULL) <> (NEW.unreferenced_since IS NULL)) EXECUTE FUNCTION count_blob();
CREATE TRIGGER usage_deleted AFTER DELETE ON blob
    FOR EACH ROW WHEN (OLD.unreferenced_since IS NULL) EXECUTE FUNCTION count_blob();
CREATE TRIGGER usage_changed AFTER INSERT OR DELETE ON asset FOR EACH ROW EXECUTE FUNCTION count_asset();

INSERT INTO usage_total (workspace_id, kind, bytes, assets)
SELECT workspace_id, kind, sum(bytes), sum(assets) FROM (
    SELECT workspace_id, kind, size AS bytes, 0 AS assets FROM blob WHERE unreferenced_since IS NULL
    UNION ALL
    SELECT workspace_id, kind, 0, 1 FROM asset
) stored GROUP BY 1, 2;
INSERT INTO usage_day (workspace_id, day) SELECT id, (now() AT TIME ZONE 'UTC')::date FROM workspace;
