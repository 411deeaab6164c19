-- The terms of migration 0021, each appended by itself: appending a list copies all the terms before it, which took
-- seconds for a list of thousands of numbers.
CREATE OR REPLACE FUNCTION metadata_terms(workspace_id uuid, document jsonb) RETURNS bigint[]
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL RESTRICTED COST 10000 AS $$
DECLARE
    own     text := workspace_id::text;
    terms   bigint[] := '{}';
    paths   text[] := '{""}';
    depths  integer[] := '{0}';
    nodes   jsonb[] := ARRAY[document];
    at      integer := 0;
    path    text;
    node    jsonb;
    type    text;
    key     text;
    below   text;
    child   jsonb;
    number  numeric;
    digits  text;
BEGIN
    WHILE at < cardinality(paths) LOOP
        at := at + 1;
        path := paths[at];
        node := nodes[at];
        type := jsonb_typeof(node);
        IF type = 'object' THEN
            IF depths[at] < 8 THEN
                FOR key, child IN SELECT * FROM jsonb_each(node) LOOP
                    below := path || '.' || length(key)::text || ':' || key;
                    terms := terms || hashtextextended(own || below, 0);
                    paths := paths || below;
                    depths := depths || (depths[at] + 1);
                    nodes := nodes || child;
                END LOOP;
            END IF;
        ELSIF type = 'array' THEN
            FOR child IN SELECT * FROM jsonb_array_elements(node) LOOP
                paths := paths || path;
                depths := depths || depths[at];
                nodes := nodes || child;
            END LOOP;
        ELSIF type = 'number' THEN
            number := node::numeric;
            digits := CASE WHEN number <= -1e-300 THEN '#-' ELSE '#+' END || encode(float8send(
                (CASE WHEN abs(number) < 1e-300 THEN 0 ELSE least(abs(number), 1e308) END)::float8
            ), 'hex');
            terms := terms || hashtextextended(own || path || trim_scale(number)::text, 0);
            FOR size IN 3..9 LOOP
                terms := terms || hashtextextended(own || path || left(digits, size), 0);
            END LOOP;
        ELSIF type <> 'null' THEN
            terms := terms || hashtextextended(own || path || node::text, 0);
        END IF;
    END LOOP;
    RETURN terms;
END
$$;
