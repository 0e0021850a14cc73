-- Substring search over people. Row security would cost the trigram index (text operators are not
-- leakproof), so ecrm_searcher looks across and the function itself keeps to the tenant.
-- Answers ids only, newest first, capped; the caller reads them back under row security.
DROP POLICY IF EXISTS searcher ON contacts_contact;
CREATE POLICY searcher ON contacts_contact TO ecrm_searcher USING (true);
GRANT SELECT (tenant_id, id, owner_id, search_text, binned_at, created_at) ON contacts_contact TO ecrm_searcher;
DROP POLICY IF EXISTS searcher ON contacts_emailaddress;
CREATE POLICY searcher ON contacts_emailaddress TO ecrm_searcher USING (true);
GRANT SELECT (tenant_id, contact_id, address_norm, binned_at) ON contacts_emailaddress TO ecrm_searcher;

-- A term as LIKE patterns, at most six. Something that can only be a phone number becomes its digits
-- (without leading zeros, so that 020…, 0044 20… and +44 20… find the same). Words of one or two
-- letters must begin a word, since the index knows nothing shorter than three.
CREATE OR REPLACE FUNCTION search.patterns(term text) RETURNS text[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = public, pg_temp AS $$
    SELECT array_agg('%' || CASE WHEN length(word) < 3 THEN ' ' ELSE '' END
                         || replace(replace(replace(word, '\', '\\'), '%', '\%'), '_', '\_') || '%')
      FROM (
        SELECT word FROM regexp_split_to_table(
            CASE WHEN term ~ '^[\s+()./0-9-]*$' AND length(regexp_replace(term, '\D', '', 'g')) > 4
                 THEN ltrim(regexp_replace(term, '\D', '', 'g'), '0')
                 ELSE search.fold(term) END, '\s+') AS word
         WHERE word <> '' LIMIT 6) AS words
$$;

DROP FUNCTION IF EXISTS search.contact_ids(text, integer);
CREATE OR REPLACE FUNCTION search.contact_ids(term text, at_most integer, owners bigint[] DEFAULT NULL)
    RETURNS SETOF bigint
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    wanted bigint := current_tenant();
    -- Only this is interpolated besides quoted patterns: the tenant and the owners are numbers.
    visible text := CASE WHEN owners IS NULL THEN ''
                         ELSE format(' AND (owner_id IS NULL OR owner_id = ANY (%L::bigint[]))', owners) END;
    matching text;
BEGIN
    IF wanted IS NULL THEN RAISE EXCEPTION 'search: no tenant is set'; END IF;
    -- A whole address, the most usual search, is answered by its key: the trigrams of an address are
    -- mostly those of its domain, which everybody has.
    IF strpos(term, '@') > 0 THEN
        RETURN QUERY EXECUTE format(
            'SELECT id FROM contacts_contact WHERE tenant_id = %s AND binned_at IS NULL%s AND id = ('
            'SELECT contact_id FROM contacts_emailaddress'
            ' WHERE tenant_id = %s AND address_norm = %L AND binned_at IS NULL)',
            wanted, visible, wanted, lower(btrim(term)));
        IF FOUND THEN RETURN; END IF;
    END IF;
    -- Literals, one condition a word: neither LIKE ALL (array) nor a generic plan can use the index.
    SELECT string_agg(format('search_text LIKE %L', pattern), ' AND ') INTO matching
      FROM unnest(search.patterns(term)) AS pattern;
    IF matching IS NULL THEN RETURN; END IF;
    RETURN QUERY EXECUTE format(
        'SELECT id FROM contacts_contact WHERE tenant_id = %s AND binned_at IS NULL AND %s%s '
        'ORDER BY created_at DESC, id DESC LIMIT %s', wanted, matching, visible, least(greatest(at_most, 0), 100000));
END
$$;
ALTER FUNCTION search.contact_ids(text, integer, bigint[]) OWNER TO ecrm_searcher;
GRANT EXECUTE ON FUNCTION search.contact_ids(text, integer, bigint[]) TO ecrm_app;
GRANT EXECUTE ON FUNCTION search.patterns(text) TO ecrm_searcher;
