-- Substring search over people and companies. Row security would cost the trigram index (text operators
-- are not leakproof), so ecrm_searcher looks across and the function itself keeps to the tenant.
-- Answers ids only, newest first, capped; the caller reads them back under row security.
CREATE POLICY searcher ON contacts_contact TO ecrm_searcher USING (true);
GRANT SELECT (tenant_id, id, search_text, binned_at, created_at) ON contacts_contact TO ecrm_searcher;

CREATE FUNCTION search.contact_ids(term text, at_most integer DEFAULT 200) RETURNS SETOF bigint
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    wanted bigint := current_tenant();
    words text[] := regexp_split_to_array(btrim(search.fold(term)), '\s+');
    patterns text[];
BEGIN
    IF wanted IS NULL THEN RAISE EXCEPTION 'search: no tenant is set'; END IF;
    SELECT array_agg('%' || replace(replace(replace(word, '\', '\\'), '%', '\%'), '_', '\_') || '%')
      INTO patterns FROM unnest(words) AS word WHERE word <> '';
    IF patterns IS NULL THEN RETURN; END IF;
    RETURN QUERY
        SELECT id FROM contacts_contact
         WHERE tenant_id = wanted AND binned_at IS NULL AND search_text LIKE ALL (patterns)
         ORDER BY created_at DESC, id DESC
         LIMIT least(greatest(at_most, 0), 100000);
END
$$;
ALTER FUNCTION search.contact_ids(text, integer) OWNER TO ecrm_searcher;
GRANT EXECUTE ON FUNCTION search.contact_ids(text, integer) TO ecrm_app;
