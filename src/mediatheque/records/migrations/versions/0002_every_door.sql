-- Folders, access and expiry of files, uploads in parts, direct uploads and their batches.

-- `signing_secret` signs links to files that overrule their access; new files of fal's storage are kept as `keeping` says.
ALTER TABLE workspace
    ADD signing_secret bytea NOT NULL
        DEFAULT decode(replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), 'hex'),
    ADD keeping jsonb NOT NULL DEFAULT '{}';

-- `access` of null: everybody may read. After `expires_at` the file is gone, whether or not it has been swept.
ALTER TABLE file ADD expires_at timestamptz, ADD access jsonb;
CREATE INDEX file_expiry ON file (expires_at) WHERE expires_at IS NOT NULL;

-- `trashed_at` is one moment for all that went into the trash together, and comes back together.
CREATE TABLE folder (
    id            uuid PRIMARY KEY,
    workspace_id  uuid NOT NULL REFERENCES workspace,
    parent_id     uuid REFERENCES folder,
    name          text NOT NULL,
    project_type  text NOT NULL,
    trashed_at    timestamptz,
    created_at    timestamptz NOT NULL DEFAULT now(),
    updated_at    timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX folder_newest ON folder (workspace_id, created_at DESC, id DESC);
CREATE INDEX folder_parent ON folder (parent_id, created_at DESC, id DESC);

ALTER TABLE asset ADD folder_id uuid REFERENCES folder;
CREATE INDEX asset_kind ON asset (workspace_id, kind, created_at DESC, id DESC);
CREATE INDEX asset_folder ON asset (workspace_id, folder_id, created_at DESC, id DESC);

CREATE TABLE upload_batch (
    id            uuid PRIMARY KEY,
    workspace_id  uuid NOT NULL REFERENCES workspace,
    title         text,
    total         integer NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX upload_batch_age ON upload_batch (created_at);

-- Bytes that come in parts or past the server wait in the store under `storage_key`; their placement is noted.
ALTER TABLE upload
    ADD way           text NOT NULL DEFAULT 'whole',
    ADD asset_id      uuid UNIQUE,
    ADD size          bigint,
    ADD sha256        bytea CHECK (octet_length(sha256) = 32),
    ADD storage_key   text UNIQUE,
    ADD handle        text,
    ADD keeping       jsonb NOT NULL DEFAULT '{}',
    ADD batch_id      uuid REFERENCES upload_batch,
    ADD item_index    integer,
    ADD requested_at  timestamptz,
    ADD swept_at      timestamptz,
    ADD failure       text;
CREATE INDEX upload_unswept ON upload (expires_at) WHERE swept_at IS NULL AND storage_key IS NOT NULL;
CREATE INDEX upload_batch_item ON upload (batch_id, item_index) WHERE batch_id IS NOT NULL;

CREATE TABLE upload_part (
    upload_id  uuid NOT NULL REFERENCES upload ON DELETE CASCADE,
    number     integer NOT NULL CHECK (number > 0),
    size       bigint NOT NULL CHECK (size > 0),
    sha256     bytea NOT NULL CHECK (octet_length(sha256) = 32),
    receipt    text NOT NULL,
    PRIMARY KEY (upload_id, number)
);
