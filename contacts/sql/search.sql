-- Substring search over people. Row security would cost the trigram index (text operators are not
-- leakproof), so ecrm_searcher looks across and the function itself keeps to the tenant.
-- Answers ids only, newest first, capped; the caller reads them back under row security.
DROP POLICY IF EXISTS searcher ON contacts_contact;
CREATE POLICY searcher ON contacts_contact TO ecrm_searcher USING (true);
GRANT SELECT (tenant_id, id, owner_id, sort_key, search_text, binned_at, created_at) ON contacts_contact TO ecrm_searcher;
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
-- Sequential scans are off, and each statement is fenced into the one plan it is meant to have: what
-- the planner expects of a LIKE is off by a factor of fifty either way, and its mistake would be a
-- walk over everybody.
CREATE OR REPLACE FUNCTION search.contact_ids(term text, at_most integer, owners bigint[] DEFAULT NULL)
    RETURNS SETOF bigint
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
DECLARE
    wanted bigint := current_tenant();
    -- Only these are interpolated besides quoted patterns: the tenant, the owners and the cap are numbers.
    visible text := CASE WHEN owners IS NULL THEN ''
                         ELSE format(' AND (owner_id IS NULL OR owner_id = ANY (%L::bigint[]))', owners) END;
    cap integer := least(greatest(at_most, 0), 100000);
    newest text;
    matching text;
    sampled integer;
    ids bigint[];
BEGIN
    IF wanted IS NULL THEN RAISE EXCEPTION 'search: no tenant is set'; END IF;
    -- A whole address, the most usual search, is answered by its key: the trigrams of an address are
    -- mostly those of its domain, which everybody has.
    IF strpos(term, '@') > 0 THEN
        RETURN QUERY EXECUTE format(
            'SELECT id FROM contacts_contact WHERE tenant_id = %L AND binned_at IS NULL%s AND id = ('
            'SELECT contact_id FROM contacts_emailaddress'
            ' WHERE tenant_id = %L AND address_norm = %L AND binned_at IS NULL)',
            wanted, visible, wanted, lower(btrim(term)));
        IF FOUND THEN RETURN; END IF;
    END IF;
    -- A full name that more people have than will be shown.
    EXECUTE format('SELECT ARRAY(SELECT id FROM contacts_contact WHERE tenant_id = %L AND binned_at IS NULL'
                   ' AND sort_key = %L%s ORDER BY id DESC LIMIT %s)', wanted, search.fold(term), visible, cap) INTO ids;
    IF cardinality(ids) >= cap THEN
        RETURN QUERY SELECT unnest(ids);
        RETURN;
    END IF;
    -- Literals, one condition a word: neither LIKE ALL (array) nor a generic plan can use the index.
    SELECT string_agg(format('search_text LIKE %L', pattern), ' AND ') INTO matching
      FROM unnest(search.patterns(term)) AS pattern;
    IF matching IS NULL THEN RETURN; END IF;
    -- What many have is found soonest among the newest, whatever the number of people. That many have
    -- it, the newest 200 tell.
    newest := format('FROM (SELECT id, created_at, owner_id, search_text FROM contacts_contact'
                     ' WHERE tenant_id = %L AND binned_at IS NULL ORDER BY created_at DESC, id DESC LIMIT %%s)'
                     ' AS newest WHERE ', wanted) || replace(matching || visible, '%', '%%');
    EXECUTE 'SELECT count(*) ' || format(newest, 200) INTO sampled;
    IF sampled >= 4 THEN
        EXECUTE format('SELECT ARRAY(SELECT id %s ORDER BY created_at DESC, id DESC LIMIT %s)',
                       format(newest, 30000), cap) INTO ids;
        IF cardinality(ids) >= cap THEN
            RETURN QUERY SELECT unnest(ids);
            RETURN;
        END IF;
    END IF;
    RETURN QUERY EXECUTE format(
        'WITH matching AS MATERIALIZED (SELECT id, created_at FROM contacts_contact'
        ' WHERE tenant_id = %L AND binned_at IS NULL AND %s%s)'
        ' SELECT id FROM matching ORDER BY created_at DESC, id DESC LIMIT %s', wanted, matching, visible, cap);
END
$$;
ALTER FUNCTION search.contact_ids(text, integer, bigint[]) OWNER TO ecrm_searcher;
GRANT EXECUTE ON FUNCTION search.contact_ids(text, integer, bigint[]) TO ecrm_app;
GRANT EXECUTE ON FUNCTION search.patterns(text) TO ecrm_searcher;
