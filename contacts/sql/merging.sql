-- A merge gives the loser's history to the winner; the column remembers whose it was, so that an undo
-- can give it back, together with what happened to the loser meanwhile.
ALTER TABLE contacts_event ADD COLUMN merged_from_id bigint;

CREATE OR REPLACE FUNCTION reassign_events(from_contact bigint, to_contact bigint) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE moved bigint;
BEGIN
    IF current_tenant() IS NULL THEN RAISE EXCEPTION 'reassign_events: no tenant is set'; END IF;
    IF NOT EXISTS (SELECT FROM contacts_contact WHERE tenant_id = current_tenant() AND id = to_contact) THEN
        RAISE EXCEPTION 'reassign_events: no such contact';
    END IF;
    UPDATE contacts_event SET contact_id = to_contact, merged_from_id = coalesce(merged_from_id, from_contact)
     WHERE tenant_id = current_tenant() AND contact_id = from_contact;
    GET DIAGNOSTICS moved = ROW_COUNT;
    RETURN moved;
END
$$;

-- The way back: of what the winner has, whatever was the loser's or of people merged into the loser
-- before (``origins``), and since the merge what happened in the loser's browsers or to things that go
-- back to the loser. Answers how many events.
CREATE FUNCTION return_events(from_contact bigint, to_contact bigint, origins bigint[], since timestamptz,
                              visitors bigint[], object_types text[], object_ids bigint[]) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE moved bigint;
BEGIN
    IF current_tenant() IS NULL THEN RAISE EXCEPTION 'return_events: no tenant is set'; END IF;
    IF NOT EXISTS (SELECT FROM contacts_contact WHERE tenant_id = current_tenant() AND id = to_contact) THEN
        RAISE EXCEPTION 'return_events: no such contact';
    END IF;
    UPDATE contacts_event SET contact_id = to_contact, merged_from_id = nullif(merged_from_id, to_contact)
     WHERE tenant_id = current_tenant() AND contact_id = from_contact
       AND (merged_from_id = ANY (origins)
            OR (merged_from_id IS NULL AND received_at >= since
                AND (visitor_id = ANY (visitors)
                     OR (object_type, object_id) IN (SELECT * FROM unnest(object_types, object_ids)))));
    GET DIAGNOSTICS moved = ROW_COUNT;
    RETURN moved;
END
$$;
GRANT EXECUTE ON FUNCTION return_events(bigint, bigint, bigint[], timestamptz, bigint[], text[], bigint[]) TO ecrm_app;
