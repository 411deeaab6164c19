-- A smart collection keeps the ids of its example files, by their URLs, so that a read need not know how a URL is made.

ALTER TABLE collection ADD example_files jsonb NOT NULL DEFAULT '{}';

-- A file's URL has the path /files/b/<id, with or without dashes>/<name>, on whatever host it was given. Only examples have `image_url` or `video_url`.
UPDATE collection c SET example_files = found.files
FROM (
    SELECT id, jsonb_object_agg(url, file_id::uuid) AS files
    FROM (
        SELECT DISTINCT s.id, x #>> '{}' AS url,
            substring(x #>> '{}' FROM '^[^?#]*?/files/b/([0-9a-fA-F]{32}|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})(?:[/?#]|$)') AS file_id
        FROM collection s
        CROSS JOIN LATERAL (
            SELECT jsonb_path_query(s.filters, '$.**.image_url')
            UNION ALL
            SELECT jsonb_path_query(s.filters, '$.**.video_url')
        ) AS examples (x)
        WHERE s.type = 'smart'
    ) AS urls
    WHERE file_id IS NOT NULL
    GROUP BY id
) AS found
WHERE c.id = found.id;
