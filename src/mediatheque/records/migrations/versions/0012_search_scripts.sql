-- Words of scripts without spaces, emoji, and marks between words, by the same rules in every locale.

-- The text as the index reads it; records/search/words.py has the same rules for what people search for. A run of
-- characters of scripts without spaces becomes its pairs and its last character, a symbol its number, all as words of
-- ASCII: the parser takes them for words whatever the locale.
CREATE FUNCTION search_fold(text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN regexp_replace(fold(normalize($1, NFKC)), '[\u00ad\u200c\u200d\ufe00-\ufe0f\ufeff\U0001f3fb-\U0001f3ff]', '', 'g');

CREATE FUNCTION search_run(run text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN (
        SELECT string_agg('u' || to_hex(ascii(substr(run, i, 1))) || 'x'
            || CASE WHEN i < length(run) THEN to_hex(ascii(substr(run, i + 1, 1))) || 'x' ELSE '' END, ' ' ORDER BY i)
        FROM generate_series(1, length(run)) i);

CREATE FUNCTION search_words(folded text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN (
        SELECT string_agg(coalesce(search_run(part[1]), 'u' || to_hex(ascii(part[2])) || 'x', part[3]), ' ' ORDER BY at)
        FROM regexp_matches(folded, '([\u0e01-\u0e2e\u0e30-\u0e3a\u0e40-\u0e4e\u0e81-\u0ece\u0f40-\u0fbc\u1000-\u1049\u1050-\u109f'
        '\u1100-\u11ff\u1780-\u17d3\u2e80-\u2fdf\u3005-\u3007\u3021-\u302f\u3031-\u3035\u3038-\u303c'
        '\u3041-\u309f\u30a1-\u30fa\u30fc-\u318f\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff'
        '\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff]+)|([\u2100-\u214f'
        '\u2190-\u2bff\u3030\u303d\u3200-\u33ff\U0001f000-\U0001f3fa\U0001f400-\U0001faff])|([^'
        '\u0001-\u002f\u003a-\u0040\u005b-\u0060\u007b-\u007f\u0080-\u00a9\u00ab-\u00b1\u00b4'
        '\u00b6-\u00b8\u00bb\u00bf\u00d7\u00f7\u037e\u0387\u055a-\u055f\u0589\u05be\u05c0\u05c3\u05f3'
        '\u05f4\u060c\u060d\u061b\u061e\u061f\u066a-\u066d\u06d4\u0964\u0965\u0e2f\u0e4f\u0e5a\u0e5b'
        '\u104a-\u104f\u166d\u166e\u1680\u17d4-\u17da\u1800-\u180a\u2000-\u200b\u200e-\u206f\u20a0-\u20cf'
        '\u3000-\u3004\u3008-\u3020\u30a0\u30fb\ufe10-\ufe19\ufe30-\ufe6b\uff01-\uff0f\uff1a-\uff20'
        '\uff3b-\uff40\uff5b-\uff65\u0e01-\u0e2e\u0e30-\u0e3a\u0e40-\u0e4e\u0e81-\u0ece\u0f40-\u0fbc'
        '\u1000-\u1049\u1050-\u109f\u1100-\u11ff\u1780-\u17d3\u2e80-\u2fdf\u3005-\u3007\u3021-\u302f'
        '\u3031-\u3035\u3038-\u303c\u3041-\u309f\u30a1-\u30fa\u30fc-\u318f\u31a0-\u31bf\u31f0-\u31ff'
        '\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\uff66-\uff9f'
        '\U00020000-\U0003ffff\u2100-\u214f\u2190-\u2bff\u3030\u303d\u3200-\u33ff\U0001f000-\U0001f3fa'
        '\U0001f400-\U0001faff]+)',
        'g') WITH ORDINALITY AS found (part, at));

CREATE FUNCTION search_text(source text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN CASE
        WHEN search_fold(source) ~ '[\u0e01-\u0e2e\u0e30-\u0e3a\u0e40-\u0e4e\u0e81-\u0ece\u0f40-\u0fbc\u1000-\u1049\u1050-\u109f'
        '\u1100-\u11ff\u1780-\u17d3\u2e80-\u2fdf\u3005-\u3007\u3021-\u302f\u3031-\u3035\u3038-\u303c'
        '\u3041-\u309f\u30a1-\u30fa\u30fc-\u318f\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff'
        '\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff\u2100-\u214f'
        '\u2190-\u2bff\u3030\u303d\u3200-\u33ff\U0001f000-\U0001f3fa\U0001f400-\U0001faff]'
        THEN search_words(search_fold(source))
        ELSE regexp_replace(search_fold(source), '[\u0001-\u002f\u003a-\u0040\u005b-\u0060\u007b-\u007f\u0080-\u00a9\u00ab-\u00b1\u00b4'
        '\u00b6-\u00b8\u00bb\u00bf\u00d7\u00f7\u037e\u0387\u055a-\u055f\u0589\u05be\u05c0\u05c3\u05f3'
        '\u05f4\u060c\u060d\u061b\u061e\u061f\u066a-\u066d\u06d4\u0964\u0965\u0e2f\u0e4f\u0e5a\u0e5b'
        '\u104a-\u104f\u166d\u166e\u1680\u17d4-\u17da\u1800-\u180a\u2000-\u200b\u200e-\u206f\u20a0-\u20cf'
        '\u3000-\u3004\u3008-\u3020\u30a0\u30fb\ufe10-\ufe19\ufe30-\ufe6b\uff01-\uff0f\uff1a-\uff20'
        '\uff3b-\uff40\uff5b-\uff65]+', ' ', 'g')
    END;

-- A part ends with a word that is deleted at last: it keeps the end of one part from the beginning of the next.
CREATE FUNCTION document_part(configuration regconfig, source text, weight "char") RETURNS tsvector
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN setweight(to_tsvector(configuration, coalesce(search_text(source), '') || ' u0x'), weight);

CREATE OR REPLACE FUNCTION document_of(title text, caption text, name text) RETURNS tsvector
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN ts_delete(
        document_part('simple', title, 'A') || document_part('english', title, 'A')
        || document_part('simple', caption, 'B') || document_part('english', caption, 'B')
        || document_part('simple', name, 'C') || document_part('english', name, 'C'), 'u0x');

-- Written anew without their indexes, which are built once at the end.
DROP INDEX asset_words;
DROP INDEX asset_document;
UPDATE asset a SET title = a.title;
CREATE INDEX asset_words ON asset USING gin (workspace_id, words gin_trgm_ops) WITH (gin_pending_list_limit = 256);
CREATE INDEX asset_document ON asset USING gin (workspace_id, document) WITH (gin_pending_list_limit = 256);

DROP INDEX tag_stems;
CREATE INDEX tag_stems ON tag USING gin (workspace_id, to_tsvector('english', search_text(name)));
