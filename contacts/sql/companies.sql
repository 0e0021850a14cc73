-- Search over companies, as over people (search.sql): ecrm_searcher looks across, the function keeps
-- to the tenant. Answers ids only, by name, capped; the caller reads them back under row security.
DROP POLICY IF EXISTS searcher ON contacts_company;
CREATE POLICY searcher ON contacts_company TO ecrm_searcher USING (true);
GRANT SELECT (tenant_id, id, owner_id, name_norm, search_text, binned_at) ON contacts_company TO ecrm_searcher;

CREATE OR REPLACE FUNCTION search.company_ids(term text, at_most integer, owners bigint[] DEFAULT NULL)
    RETURNS SETOF bigint
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
DECLARE
    wanted bigint := current_tenant();
    -- Only these are interpolated besides quoted patterns: the tenant, the owners and the cap are numbers.
    visible text := CASE WHEN owners IS NULL THEN ''
                         ELSE format(' AND (owner_id IS NULL OR owner_id = ANY (%L::bigint[]))', owners) END;
    cap integer := least(greatest(at_most, 0), 100000);
    matching text;
BEGIN
    IF wanted IS NULL THEN RAISE EXCEPTION 'search: no tenant is set'; END IF;
    -- Literals, one condition a word: neither LIKE ALL (array) nor a generic plan can use the index.
    SELECT string_agg(format('search_text LIKE %L', pattern), ' AND ') INTO matching
      FROM unnest(search.patterns(term)) AS pattern;
    IF matching IS NULL THEN RETURN; END IF;
    RETURN QUERY EXECUTE format(
        'WITH matching AS MATERIALIZED (SELECT id, name_norm FROM contacts_company'
        ' WHERE tenant_id = %L AND binned_at IS NULL AND %s%s)'
        ' SELECT id FROM matching ORDER BY name_norm, id LIMIT %s', wanted, matching, visible, cap);
END
$$;
ALTER FUNCTION search.company_ids(text, integer, bigint[]) OWNER TO ecrm_searcher;
GRANT EXECUTE ON FUNCTION search.company_ids(text, integer, bigint[]) TO ecrm_app;
