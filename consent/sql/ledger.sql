-- The ledger only grows, and today's state follows it: neither can be written by hand.
REVOKE UPDATE, DELETE ON consent_consentrecord FROM ecrm_app;
REVOKE INSERT, UPDATE, DELETE ON consent_consentstate FROM ecrm_app;
REVOKE UPDATE, DELETE ON consent_notice FROM ecrm_app;

-- What a purpose stands for never changes under the people who answered for it.
REVOKE UPDATE, DELETE ON consent_purpose FROM ecrm_app;
GRANT UPDATE (position, archived_at) ON consent_purpose TO ecrm_app;

-- A suppression is lifted, never edited or deleted.
REVOKE UPDATE, DELETE ON consent_suppression FROM ecrm_app;
GRANT UPDATE (lifted_at) ON consent_suppression TO ecrm_app;

-- Statement-level: one upsert for any number of new ledger rows. The latest answer by given_at wins;
-- at the same instant a refusal wins over a grant, then the later row. The comparison is of whole
-- keys, so the order in which rows arrive (or transactions commit) makes no difference.
CREATE FUNCTION consent_follow_ledger() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO consent_consentstate AS standing (tenant_id, contact_id, purpose_id, channel, state, record_id, since)
    SELECT DISTINCT ON (tenant_id, contact_id, purpose_id, channel)
           tenant_id, contact_id, purpose_id, channel, action, id, given_at
      FROM new_records
     ORDER BY tenant_id, contact_id, purpose_id, channel, given_at DESC, (action = 'granted'), id DESC
    ON CONFLICT (tenant_id, contact_id, purpose_id, channel) DO UPDATE
       SET state = excluded.state, record_id = excluded.record_id, since = excluded.since
     WHERE (excluded.since, excluded.state <> 'granted', excluded.record_id)
         > (standing.since, standing.state <> 'granted', standing.record_id);
    RETURN NULL;
END
$$;
CREATE TRIGGER consent_follow_ledger AFTER INSERT ON consent_consentrecord
    REFERENCING NEW TABLE AS new_records FOR EACH STATEMENT EXECUTE FUNCTION consent_follow_ledger();

-- Not even the owner of the schema edits the ledger by accident; erasure goes through its own function.
CREATE FUNCTION consent_ledger_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('app.erasing', true) = 'on' THEN RETURN COALESCE(NEW, OLD); END IF;
    RAISE EXCEPTION 'The consent ledger is append-only.' USING ERRCODE = 'integrity_constraint_violation';
END
$$;
CREATE TRIGGER consent_ledger_is_append_only BEFORE UPDATE OR DELETE ON consent_consentrecord
    FOR EACH ROW EXECUTE FUNCTION consent_ledger_is_append_only();
