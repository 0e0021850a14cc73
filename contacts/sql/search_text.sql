-- What lists sort by and what the search looks at, for the people named; answers how many changed.
-- Runs with the caller's rights, under row security. Names sort folded, people without one by their
-- address, people with neither last. Every word of search_text has a blank before it.
CREATE OR REPLACE FUNCTION refresh_contact_search(contact_ids bigint[]) RETURNS integer
    LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE changed integer;
BEGIN
    UPDATE contacts_contact person
       SET sort_key = made.sort_key, search_text = made.search_text
      FROM (
        SELECT p.id,
               left(coalesce(nullif(search.fold(btrim(p.name)), ''), email.first, U&'\+10FFFD'), 200) AS sort_key,
               regexp_replace(
                   concat_ws(' ', '', search.fold(p.name),
                             search.fold(nullif(concat_ws(' ', p.given_name, p.family_name), p.name)),
                             email.every, phone.every, search.fold(company.name), identity.every),
                   '\s+', ' ', 'g') AS search_text
          FROM contacts_contact p
          LEFT JOIN contacts_company company ON company.tenant_id = p.tenant_id AND company.id = p.company_id
         CROSS JOIN LATERAL (
            SELECT (array_agg(e.address_norm ORDER BY e.is_primary DESC, e.id))[1] AS first,
                   search.fold(string_agg(concat_ws(' ', e.address_norm, nullif(lower(e.address), e.address_norm)),
                                          ' ' ORDER BY e.id)) AS every
              FROM contacts_emailaddress e WHERE e.tenant_id = p.tenant_id AND e.contact_id = p.id) AS email
         CROSS JOIN LATERAL (
            SELECT string_agg(ltrim(n.number, '+'), ' ' ORDER BY n.id) AS every
              FROM contacts_phonenumber n WHERE n.tenant_id = p.tenant_id AND n.contact_id = p.id) AS phone
         CROSS JOIN LATERAL (
            SELECT search.fold(string_agg(i.external_id, ' ' ORDER BY i.id)) AS every
              FROM contacts_identity i WHERE i.tenant_id = p.tenant_id AND i.contact_id = p.id) AS identity
         WHERE p.tenant_id = current_tenant() AND p.id = ANY (contact_ids)
         ORDER BY p.id FOR NO KEY UPDATE OF p
      ) AS made
     WHERE person.tenant_id = current_tenant() AND person.id = made.id
       AND (person.sort_key, person.search_text) IS DISTINCT FROM (made.sort_key, made.search_text);
    GET DIAGNOSTICS changed = ROW_COUNT;
    RETURN changed;
END
$$;
GRANT EXECUTE ON FUNCTION refresh_contact_search(bigint[]) TO ecrm_app;
