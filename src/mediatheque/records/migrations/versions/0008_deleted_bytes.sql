-- A row that owns bytes for good marks them for deletion when it is deleted, in the same transaction, also by a cascade.
-- Every permanent owner in records/storage/owners.py has this trigger.

CREATE FUNCTION mark_bytes_for_deletion() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO pending_write (storage_key, deleting) VALUES (OLD.storage_key, true)
    ON CONFLICT (storage_key) DO UPDATE SET deleting = true;
    RETURN NULL;
END
$$;

CREATE TRIGGER deleted_bytes AFTER DELETE ON blob FOR EACH ROW EXECUTE FUNCTION mark_bytes_for_deletion();
