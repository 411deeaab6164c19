-- What is in the trash is in no list, count or search, and costs none of them time.

-- Equal to the asset's, so that queries for files alone leave out what is in the trash.
ALTER TABLE file ADD trashed_at timestamptz;

-- While an asset is in the trash, its tags and collections are kept here, and not where members are listed and counted:
-- {"tags": [id], "collections": [{"id", "added_at"}]}.
ALTER TABLE asset ADD trashed_memberships jsonb;

-- An URL whose file is in the trash can be imported again.
DROP INDEX file_origin;
CREATE UNIQUE INDEX file_origin ON file (workspace_id, origin_url)
    WHERE origin_url IS NOT NULL AND trashed_at IS NULL;

DROP INDEX asset_newest;
CREATE INDEX asset_newest ON asset (workspace_id, created_at DESC, id DESC) WHERE trashed_at IS NULL;
DROP INDEX asset_kind;
CREATE INDEX asset_kind ON asset (workspace_id, kind, created_at DESC, id DESC) WHERE trashed_at IS NULL;
DROP INDEX asset_folder;
CREATE INDEX asset_folder ON asset (workspace_id, folder_id, created_at DESC, id DESC) WHERE trashed_at IS NULL;
DROP INDEX asset_source;
CREATE INDEX asset_source ON asset (workspace_id, source, created_at DESC, id DESC) WHERE trashed_at IS NULL;
DROP INDEX asset_favorite;
CREATE INDEX asset_favorite ON asset (workspace_id, created_at DESC, id DESC)
    WHERE is_favorite AND trashed_at IS NULL;
