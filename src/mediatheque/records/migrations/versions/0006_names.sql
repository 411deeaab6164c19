-- Tables and columns take the names of the field. No row changes but where a name stood inside JSON.

ALTER TABLE placement RENAME TO pending_write;
ALTER TABLE pending_write RENAME removing TO deleting;
ALTER TABLE pending_write RENAME CONSTRAINT placement_pkey TO pending_write_pkey;
ALTER INDEX placement_age RENAME TO pending_write_age;

ALTER TABLE blob RENAME doomed_at TO unreferenced_since;
ALTER INDEX blob_doomed RENAME TO blob_unreferenced;

ALTER TABLE upload RENAME way TO method;
ALTER TABLE upload RENAME handle TO multipart_id;
ALTER TABLE upload RENAME keeping TO defaults;
ALTER TABLE upload RENAME swept_at TO cleaned_at;
ALTER TABLE upload ALTER method SET DEFAULT 'single';
UPDATE upload SET method = CASE method WHEN 'whole' THEN 'single' ELSE 'multipart' END WHERE method IN ('whole', 'parts');
ALTER INDEX upload_unswept RENAME TO upload_uncleaned;
ALTER TABLE upload_part RENAME receipt TO etag;

ALTER TABLE parked_task RENAME TO failed_task;
ALTER TABLE failed_task RENAME parked_at TO failed_at;
ALTER TABLE failed_task RENAME CONSTRAINT parked_task_pkey TO failed_task_pkey;

ALTER TABLE workspace RENAME keeping TO file_defaults;
ALTER TABLE file RENAME access TO acl;
ALTER TABLE idempotency RENAME scope TO operation;

CREATE FUNCTION pg_temp.renamed_acl(acl jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN jsonb_typeof(acl) = 'object' THEN jsonb_build_object(
        'default_effect', COALESCE(acl -> 'default', '"allow"'),
        'entries', COALESCE(
            (SELECT jsonb_agg(jsonb_build_object('workspace', rule -> 'user', 'effect', rule -> 'decision') ORDER BY number)
             FROM jsonb_array_elements(acl -> 'rules') WITH ORDINALITY AS rules (rule, number)), '[]'))
    END
$$;
CREATE FUNCTION pg_temp.renamed_defaults(defaults jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT jsonb_build_object(
        'lifetime_seconds', defaults -> 'seconds', 'acl', pg_temp.renamed_acl(defaults -> 'access'))
$$;
UPDATE file SET acl = pg_temp.renamed_acl(acl) WHERE acl IS NOT NULL;
UPDATE workspace SET file_defaults = pg_temp.renamed_defaults(file_defaults) WHERE file_defaults <> '{}';
UPDATE upload SET defaults = pg_temp.renamed_defaults(defaults) WHERE defaults <> '{}';
