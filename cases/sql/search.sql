-- Substring search over cases, as contacts/sql/search.sql does it over people: ecrm_searcher looks
-- across, the function keeps to the tenant, ids only, newest first, capped.
DROP POLICY IF EXISTS searcher ON cases_case;
CREATE POLICY searcher ON cases_case TO ecrm_searcher USING (true);
GRANT SELECT (tenant_id, id, search_text, last_message_at) ON cases_case TO ecrm_searcher;

CREATE OR REPLACE FUNCTION search.case_ids(term text, at_most integer) RETURNS SETOF bigint
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    wanted bigint := current_tenant();
    matching text;
BEGIN
    IF wanted IS NULL THEN RAISE EXCEPTION 'search: no tenant is set'; END IF;
    SELECT string_agg(format('search_text LIKE %L', pattern), ' AND ') INTO matching
      FROM unnest(search.patterns(term)) AS pattern;
    IF matching IS NULL THEN RETURN; END IF;
    RETURN QUERY EXECUTE format(
        'SELECT id FROM cases_case WHERE tenant_id = %s AND %s ORDER BY last_message_at DESC, id DESC LIMIT %s',
        wanted, matching, least(greatest(at_most, 0), 100000));
END
$$;
REVOKE EXECUTE ON FUNCTION search.case_ids(text, integer) FROM PUBLIC;
ALTER FUNCTION search.case_ids(text, integer) OWNER TO ecrm_searcher;
GRANT EXECUTE ON FUNCTION search.case_ids(text, integer) TO ecrm_app;

-- What is searched of a case: its number, its subject, what was written in it. Every word has a
-- blank before it. With the caller's rights, under row security.
CREATE OR REPLACE FUNCTION refresh_case_search(wanted bigint) RETURNS void
    LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE cases_case c
       SET search_text = left(regexp_replace(
               concat_ws(' ', '', c.number::text, search.fold(c.subject), (
                   SELECT search.fold(string_agg(concat_ws(' ', left(m.text, 4000), m.sender_address), ' ' ORDER BY m.id))
                     FROM (SELECT id, text, sender_address FROM cases_casemessage
                            WHERE tenant_id = current_tenant() AND case_id = wanted
                            ORDER BY id DESC LIMIT 20) AS m)),
               '\s+', ' ', 'g'), 20000)
     WHERE c.tenant_id = current_tenant() AND c.id = wanted;
END
$$;
GRANT EXECUTE ON FUNCTION refresh_case_search(bigint) TO ecrm_app;
