-- How the texts of custom fields are compared: folded, single blanks, short enough for an index. What
-- is longer keeps its beginning, for sorting, and a digest, so that equality stays exact.
CREATE OR REPLACE FUNCTION search.norm(value text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
    SET search_path = public, pg_temp
    AS $$
        SELECT CASE WHEN length(folded) <= 200 THEN folded ELSE left(folded, 160) || md5(folded) END
          FROM (SELECT search.fold(btrim(regexp_replace(value, '\s+', ' ', 'g')))) AS made (folded)
    $$;
GRANT EXECUTE ON FUNCTION search.norm(text) TO PUBLIC;
