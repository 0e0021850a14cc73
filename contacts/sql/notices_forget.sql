-- What staff were told about a person goes with the person, whoever deletes the row: the words of a notice
-- name them (ecrm.notices). The notice itself stays in the member's list, without words.
CREATE FUNCTION notices_forget() RETURNS trigger
  LANGUAGE plpgsql SET search_path = public, pg_temp
  AS $$
BEGIN
  UPDATE notices_notification told SET facts = '{}', contact_id = NULL
    FROM gone WHERE told.tenant_id = gone.tenant_id AND told.contact_id = gone.id;
  RETURN NULL;
END
$$;
CREATE TRIGGER notices_forget AFTER DELETE ON contacts_contact
  REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION notices_forget();
