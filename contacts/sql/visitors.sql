-- What happened in one browser: found when it turns out whose it is, or when it is to be forgotten.
CREATE INDEX contacts_event_visitor ON contacts_event (tenant_id, visitor_id) WHERE visitor_id IS NOT NULL;

-- Gives what happened in a browser before anybody knew whose it was to its person. What already belongs
-- to somebody stays theirs. Answers how many events.
CREATE FUNCTION claim_visitor(visitor bigint, person bigint) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE claimed bigint;
BEGIN
    IF current_tenant() IS NULL THEN RAISE EXCEPTION 'claim_visitor: no tenant is set'; END IF;
    IF NOT EXISTS (SELECT FROM contacts_contact WHERE tenant_id = current_tenant() AND id = person) THEN
        RAISE EXCEPTION 'claim_visitor: no such contact';
    END IF;
    UPDATE contacts_event SET contact_id = person
     WHERE tenant_id = current_tenant() AND visitor_id = visitor AND contact_id IS NULL;
    GET DIAGNOSTICS claimed = ROW_COUNT;
    RETURN claimed;
END
$$;
GRANT EXECUTE ON FUNCTION claim_visitor(bigint, bigint) TO ecrm_app;

-- Withdrawal: nothing ties these events to the browser, or to each other, any more. Those of a known
-- person stay in that person's history until it is erased (blank_events).
CREATE FUNCTION forget_visitor(visitor bigint) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE forgotten bigint;
BEGIN
    IF current_tenant() IS NULL THEN RAISE EXCEPTION 'forget_visitor: no tenant is set'; END IF;
    UPDATE contacts_event SET visitor_id = NULL
     WHERE tenant_id = current_tenant() AND visitor_id = visitor;
    GET DIAGNOSTICS forgotten = ROW_COUNT;
    RETURN forgotten;
END
$$;
GRANT EXECUTE ON FUNCTION forget_visitor(bigint) TO ecrm_app;
