-- The journal only grows; deliveries never change.
REVOKE UPDATE, DELETE ON campaigns_intent, campaigns_outcome, campaigns_delivery FROM ecrm_app;
REVOKE DELETE ON campaigns_hit FROM ecrm_app;

-- No marketing delivery without live consent of that person, for the campaign's purpose, by email.
-- Statement-level, so it costs microseconds a row; raw SQL cannot get round it.
CREATE FUNCTION delivery_needs_consent() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE refused bigint;
BEGIN
    SELECT count(*) INTO refused
      FROM new_deliveries AS d
      JOIN campaigns_campaign AS c ON c.tenant_id = d.tenant_id AND c.id = d.campaign_id
      JOIN consent_purpose AS p ON p.tenant_id = c.tenant_id AND p.id = c.purpose_id
      LEFT JOIN consent_consentstate AS s
             ON s.tenant_id = d.tenant_id AND s.contact_id = d.contact_id
            AND s.purpose_id = c.purpose_id AND s.channel = 'email'
            AND s.record_id = d.consent_record_id AND s.state = 'granted'
     WHERE (p.is_marketing OR d.is_marketing) AND s.id IS NULL;
    IF refused > 0 THEN
        RAISE EXCEPTION '% marketing deliveries without live consent', refused
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    SELECT count(*) INTO refused
      FROM new_deliveries AS d
      LEFT JOIN campaigns_campaign AS c ON c.tenant_id = d.tenant_id AND c.id = d.campaign_id
     WHERE c.purpose_id IS NULL;
    IF refused > 0 THEN
        RAISE EXCEPTION '% deliveries of a campaign without a purpose', refused
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER delivery_needs_consent AFTER INSERT ON campaigns_delivery
    REFERENCING NEW TABLE AS new_deliveries FOR EACH STATEMENT EXECUTE FUNCTION delivery_needs_consent();

-- The dispatcher sees which chunks and campaigns are due, nothing of their people.
CREATE POLICY dispatch ON campaigns_chunk FOR SELECT TO ecrm_dispatch USING (true);
GRANT SELECT (tenant_id, id, campaign_id, due_at, leased_until, done_at) ON campaigns_chunk TO ecrm_dispatch;
CREATE POLICY dispatch ON campaigns_campaign FOR SELECT TO ecrm_dispatch USING (true);
GRANT SELECT (tenant_id, id, state, scheduled_at, audience_done_at, started_at, finished_at) ON campaigns_campaign TO ecrm_dispatch;
