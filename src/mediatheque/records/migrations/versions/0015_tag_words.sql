-- The tags that a phrase or an exclusion of a search names (records/search/full_text.py).
CREATE INDEX tag_words ON tag USING gin (
    workspace_id, (to_tsvector('simple', search_text(name)) || to_tsvector('english', search_text(name)))
);
