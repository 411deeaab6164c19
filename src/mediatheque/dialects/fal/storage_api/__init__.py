"""fal's storage: uploads, ACLs, expiry."""
