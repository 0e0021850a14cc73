-- The journal only grows; deliveries never change.
REVOKE UPDATE, DELETE ON campaigns_intent, campaigns_outcome, campaigns_delivery, campaigns_exclusion FROM ecrm_app;
REVOKE DELETE ON campaigns_hit FROM ecrm_app;

-- No marketing delivery without live consent of that person, for the campaign's purpose, by email, and
-- no delivery at all to an address that is not the person's or is suppressed. Statement-level, so it
-- costs microseconds a row. Reads only rows of the delivery's own tenant.
CREATE FUNCTION delivery_needs_consent() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    no_consent bigint;
    no_purpose bigint;
    no_address bigint;
    suppressed bigint;
BEGIN
    SELECT count(*) FILTER (WHERE (p.is_marketing OR d.is_marketing) AND s.id IS NULL),
           count(*) FILTER (WHERE p.id IS NULL OR p.channel <> 'email'),
           count(*) FILTER (WHERE e.id IS NULL),
           count(*) FILTER (WHERE x.id IS NOT NULL OR d.address_hash <> e.address_hash)
      INTO no_consent, no_purpose, no_address, suppressed
      FROM new_deliveries AS d
      LEFT JOIN campaigns_campaign AS c ON c.tenant_id = d.tenant_id AND c.id = d.campaign_id
      LEFT JOIN consent_purpose AS p ON p.tenant_id = d.tenant_id AND p.id = c.purpose_id
      LEFT JOIN consent_consentstate AS s
             ON s.tenant_id = d.tenant_id AND s.contact_id = d.contact_id
            AND s.purpose_id = c.purpose_id AND s.channel = 'email'
            AND s.record_id = d.consent_record_id AND s.state = 'granted'
      LEFT JOIN contacts_emailaddress AS e
             ON e.tenant_id = d.tenant_id AND e.address_norm = d.address_norm
            AND e.contact_id = d.contact_id AND e.binned_at IS NULL
      LEFT JOIN consent_suppression AS x
             ON x.tenant_id = d.tenant_id AND x.channel = 'email'
            AND x.address_hash = e.address_hash AND x.lifted_at IS NULL;
    IF no_consent > 0 THEN
        RAISE EXCEPTION '% marketing deliveries without live consent', no_consent
            USING ERRCODE = 'integrity_constraint_violation';
    ELSIF no_purpose > 0 THEN
        RAISE EXCEPTION '% deliveries of a campaign without a purpose for email', no_purpose
            USING ERRCODE = 'integrity_constraint_violation';
    ELSIF no_address > 0 THEN
        RAISE EXCEPTION '% deliveries to an address that is not the person''s', no_address
            USING ERRCODE = 'integrity_constraint_violation';
    ELSIF suppressed > 0 THEN
        RAISE EXCEPTION '% deliveries to a suppressed address', suppressed
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER delivery_needs_consent AFTER INSERT ON campaigns_delivery
    REFERENCING NEW TABLE AS new_deliveries FOR EACH STATEMENT EXECUTE FUNCTION delivery_needs_consent();

-- What was consented to must not change under a send: not the campaign's purpose and audience ...
CREATE FUNCTION campaign_is_frozen() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF OLD.state NOT IN ('draft', 'scheduled')
       OR EXISTS (SELECT FROM campaigns_delivery AS d WHERE d.tenant_id = OLD.tenant_id AND d.campaign_id = OLD.id)
    THEN
        RAISE EXCEPTION 'A campaign that has been started keeps its purpose, audience and sender'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER campaign_is_frozen BEFORE UPDATE ON campaigns_campaign FOR EACH ROW
    WHEN ((OLD.purpose_id, OLD.segment_id, OLD.identity_id, OLD.holdout_percent, OLD.audience_rule, OLD.content_version)
          IS DISTINCT FROM
          (NEW.purpose_id, NEW.segment_id, NEW.identity_id, NEW.holdout_percent, NEW.audience_rule, NEW.content_version))
    EXECUTE FUNCTION campaign_is_frozen();

-- ... nor its words, which workers compile at different moments.
-- (What a purpose stands for cannot change at all: consent/sql/ledger.sql.)
CREATE FUNCTION content_is_frozen() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (
        SELECT FROM campaigns_campaign AS c
         WHERE c.tenant_id = COALESCE(NEW.tenant_id, OLD.tenant_id)
           AND c.id IN (OLD.campaign_id, NEW.campaign_id)
           AND c.state NOT IN ('draft', 'scheduled'))
    THEN
        RAISE EXCEPTION 'A campaign that has been started keeps its words'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN COALESCE(NEW, OLD);
END
$$;
CREATE TRIGGER content_is_frozen BEFORE INSERT OR UPDATE OR DELETE ON campaigns_campaigncontent
    FOR EACH ROW EXECUTE FUNCTION content_is_frozen();

-- Erasure: that something was sent stays, to whom goes.
CREATE FUNCTION blank_deliveries(erased_contact bigint) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE blanked bigint;
BEGIN
    IF current_tenant() IS NULL THEN RAISE EXCEPTION 'blank_deliveries: no tenant is set'; END IF;
    UPDATE campaigns_outcome AS o SET text = '' FROM campaigns_delivery AS d
     WHERE d.tenant_id = current_tenant() AND d.contact_id = erased_contact
       AND o.tenant_id = d.tenant_id AND o.delivery_id = d.id AND o.text <> '';
    UPDATE campaigns_delivery SET address = '', address_norm = 'erased:' || id, address_hash = '\x'
     WHERE tenant_id = current_tenant() AND contact_id = erased_contact;
    GET DIAGNOSTICS blanked = ROW_COUNT;
    RETURN blanked;
END
$$;
GRANT EXECUTE ON FUNCTION blank_deliveries(bigint) TO ecrm_app;

-- The dispatcher sees which chunks and campaigns are due, nothing of their people.
CREATE POLICY dispatch ON campaigns_chunk FOR SELECT TO ecrm_dispatch USING (true);
GRANT SELECT (tenant_id, id, campaign_id, due_at, leased_until, done_at) ON campaigns_chunk TO ecrm_dispatch;
CREATE POLICY dispatch ON campaigns_campaign FOR SELECT TO ecrm_dispatch USING (true);
GRANT SELECT (tenant_id, id, state, scheduled_at, audience_done_at, started_at, finished_at) ON campaigns_campaign TO ecrm_dispatch;
