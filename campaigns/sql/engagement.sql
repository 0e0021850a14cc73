-- Of a hit only the verdict is ever written again.
REVOKE UPDATE ON campaigns_hit FROM ecrm_app;
GRANT UPDATE (verdict, verdict_reason) ON campaigns_hit TO ecrm_app;

-- The dispatcher sees in which tenants hits wait to be judged, not whose they are.
CREATE POLICY dispatch ON campaigns_hit FOR SELECT TO ecrm_dispatch USING (true);
GRANT SELECT (tenant_id, id, at, verdict) ON campaigns_hit TO ecrm_dispatch;

-- Erasure: that somebody clicked stays, who and from where goes.
CREATE FUNCTION blank_hits(erased_contact bigint) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE blanked bigint;
BEGIN
    IF current_tenant() IS NULL THEN RAISE EXCEPTION 'blank_hits: no tenant is set'; END IF;
    UPDATE campaigns_hit AS h SET delivery_id = NULL, user_agent = '', ip_hash = '\x' FROM campaigns_delivery AS d
     WHERE d.tenant_id = current_tenant() AND d.contact_id = erased_contact
       AND h.tenant_id = d.tenant_id AND h.delivery_id = d.id;
    GET DIAGNOSTICS blanked = ROW_COUNT;
    RETURN blanked;
END
$$;
GRANT EXECUTE ON FUNCTION blank_hits(bigint) TO ecrm_app;
