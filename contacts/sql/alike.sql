-- Search that forgives: who is closest comes first, and people and companies written nearly as
-- somebody typed are found. Nothing is stored for it but the keys of names (name_keys.sql) and those
-- of the search for duplicates (matching.sql): what may have been meant is made of what was typed.
-- Helpers run as whoever calls them, which is ecrm_searcher; ids of the tenant are all they answer.
GRANT SELECT (active_at, company_id) ON contacts_contact TO ecrm_searcher;
DROP POLICY IF EXISTS searcher ON contacts_matchkey;
CREATE POLICY searcher ON contacts_matchkey TO ecrm_searcher USING (true);
GRANT SELECT (tenant_id, kind, key, contact_id) ON contacts_matchkey TO ecrm_searcher;
GRANT EXECUTE ON FUNCTION search.mail_local(text), search.is_turned(text, text) TO ecrm_searcher;

-- How many letters one word is off another, up to 3; two turned letters are one slip, as a person sees it.
CREATE OR REPLACE FUNCTION search.slips(one text, other text) RETURNS integer
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN length(one) = length(other) AND search.is_turned(one, other) THEN 1
                ELSE public.levenshtein_less_equal(left(one, 80), left(other, 80), 2) END
$$;
GRANT EXECUTE ON FUNCTION search.slips(text, text) TO ecrm_searcher;

-- The people who hold every word of a term: whose name it is, whose name begins with it, whose words
-- it names, whose words begin with it, the others; of those the last active first.
CREATE OR REPLACE FUNCTION search.best_ids(term text, at_most integer, owners bigint[] DEFAULT NULL)
    RETURNS SETOF bigint
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
DECLARE
    wanted bigint := current_tenant();
    folded text := search.fold(btrim(term));
    cap integer := least(greatest(at_most, 50), 200);
    words text[] := ARRAY(SELECT word FROM regexp_split_to_table(folded, '\s+') AS word WHERE word <> '' LIMIT 6);
    ids bigint[] := ARRAY(SELECT id FROM contacts_contact
                           WHERE tenant_id = wanted AND binned_at IS NULL AND sort_key = folded
                             AND (owners IS NULL OR owner_id IS NULL OR owner_id = ANY (owners))
                           ORDER BY id DESC LIMIT cap);
    others bigint[];
BEGIN
    -- More of that very name than will be looked at: nobody else comes before them.
    IF cardinality(ids) >= cap THEN
        RETURN QUERY SELECT p.id FROM contacts_contact p WHERE p.tenant_id = wanted AND p.id = ANY (ids)
                      ORDER BY p.active_at DESC, p.id DESC LIMIT greatest(at_most, 0);
        RETURN;
    END IF;
    others := ARRAY(SELECT search.contact_ids(term, cap, owners));
    -- More than will be looked at: whom the name itself leads to must be among them.
    IF cardinality(others) >= cap THEN
        ids := ids || ARRAY(SELECT id FROM contacts_contact
                      WHERE tenant_id = wanted AND binned_at IS NULL
                        AND sort_key > folded AND sort_key < folded || U&'\+10FFFF'
                        AND (owners IS NULL OR owner_id IS NULL OR owner_id = ANY (owners))
                      ORDER BY sort_key LIMIT cap);
    END IF;
    ids := ids || others;
    RETURN QUERY
    SELECT p.id FROM contacts_contact p
     WHERE p.tenant_id = wanted AND p.id = ANY (ids)
     ORDER BY CASE WHEN p.sort_key = folded THEN 0
                   WHEN starts_with(p.sort_key, folded) THEN 1
                   WHEN cardinality(words) = 1 THEN CASE
                        WHEN strpos(p.search_text || ' ', ' ' || folded || ' ') > 0 THEN 2
                        WHEN strpos(p.search_text, ' ' || folded) > 0 THEN 3 ELSE 4 END
                   WHEN (SELECT bool_and(strpos(p.search_text || ' ', ' ' || word || ' ') > 0)
                           FROM unnest(words) AS word) THEN 2
                   WHEN (SELECT bool_and(strpos(p.search_text, ' ' || word) > 0) FROM unnest(words) AS word) THEN 3
                   ELSE 4 END,
              p.active_at DESC, p.id DESC
     LIMIT greatest(at_most, 0);
END
$$;
ALTER FUNCTION search.best_ids(text, integer, bigint[]) OWNER TO ecrm_searcher;
GRANT EXECUTE ON FUNCTION search.best_ids(text, integer, bigint[]) TO ecrm_app;

-- The keys of a word whose beginning is wrong: its first letters turned, the first one too many,
-- forgotten, another. The keys of names (search.near_keys) take the first letter for granted.
CREATE OR REPLACE FUNCTION search.begun_keys(word text) RETURNS bigint[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = public, pg_temp AS $$
    SELECT array_agg(DISTINCT search.word_key(meant)) FROM (
        SELECT search.skeleton(substr(word, 2, 1) || left(word, 1) || substr(word, 3)) AS meant
         UNION ALL SELECT search.skeleton(substr(word, 2))
         -- After a vowel stand all the consonants, so that every other first letter goes with them.
         UNION ALL SELECT letter || replace(bones, letter, '')
          FROM (SELECT substr(search.skeleton('a' || rest), 2) AS bones
                  FROM unnest(ARRAY[word, substr(word, 2)]) AS rest WHERE length(word) > 3 OFFSET 0) AS boned,
               string_to_table('abdefghijklmnoprstuvx', NULL) AS letter) AS begun
$$;
GRANT EXECUTE ON FUNCTION search.begun_keys(text) TO ecrm_searcher;

-- People whose names hold words written roughly like these. Begins with the rarest of the words, and
-- keeps some hundred who have near ones of another too.
CREATE OR REPLACE FUNCTION search.roughly_named(words text[]) RETURNS bigint[]
    LANGUAGE plpgsql STABLE SET search_path = public, pg_temp SET enable_seqscan = off AS $$
DECLARE
    wanted bigint := current_tenant();
    written record;
    own bigint[];
    rarest bigint[];
    second bigint[];
BEGIN
    FOR written IN
        SELECT near.own, near.keys, (SELECT count(*) FROM (SELECT FROM contacts_namekey
                 WHERE tenant_id = wanted AND key = ANY (near.keys) LIMIT 3000) AS few) AS size
          FROM (SELECT search.word_key(search.skeleton(word)) AS own,
                       search.near_keys(word) || search.begun_keys(word) AS keys
                  FROM unnest(words) AS word LIMIT 4) AS near
         ORDER BY size
    LOOP
        own := own || written.own;
        IF rarest IS NULL THEN rarest := written.keys;
        ELSE second := coalesce(second, written.keys);
        END IF;
    END LOOP;
    IF rarest IS NULL THEN RETURN '{}'; END IF;
    IF second IS NULL THEN
        -- Those of the very same key first, then some of every other, should there be too many.
        RETURN ARRAY(SELECT contact_id FROM contacts_namekey WHERE tenant_id = wanted AND key = own[1] LIMIT 200)
            || ARRAY(SELECT few.contact_id FROM unnest(rarest) AS near (key) CROSS JOIN LATERAL (
                         SELECT contact_id FROM contacts_namekey k
                          WHERE k.tenant_id = wanted AND k.key = near.key LIMIT 20) AS few LIMIT 500);
    END IF;
    -- Words are right more often than wrong: their own keys first.
    RETURN ARRAY(
        SELECT contact_id FROM (
            (SELECT contact_id FROM contacts_namekey WHERE tenant_id = wanted AND key = own[1] LIMIT 5000)
            UNION ALL
            (SELECT contact_id FROM contacts_namekey WHERE tenant_id = wanted AND key = ANY (rarest) LIMIT 5000)) AS one
        INTERSECT
        SELECT contact_id FROM (
            (SELECT contact_id FROM contacts_namekey WHERE tenant_id = wanted AND key = own[2] LIMIT 8000)
            UNION ALL
            (SELECT contact_id FROM contacts_namekey WHERE tenant_id = wanted AND key = ANY (second) LIMIT 6000)) AS other
         LIMIT 400);
END
$$;
GRANT EXECUTE ON FUNCTION search.roughly_named(text[]) TO ecrm_searcher;

-- People whose names are written like these words, the most alike first: two letters off in a word of
-- five or more, one in a shorter one.
CREATE OR REPLACE FUNCTION search.named_alike(words text[], at_most integer, owners bigint[]) RETURNS bigint[]
    LANGUAGE plpgsql STABLE SET search_path = public, pg_temp SET enable_seqscan = off AS $$
DECLARE
    candidates bigint[] := search.roughly_named(words);
BEGIN
    RETURN ARRAY(
        SELECT p.id FROM contacts_contact p
         WHERE p.tenant_id = current_tenant() AND p.id = ANY (candidates) AND p.binned_at IS NULL
           AND (owners IS NULL OR p.owner_id IS NULL OR p.owner_id = ANY (owners))
           AND NOT EXISTS (
               SELECT FROM unnest(words) AS asked
                WHERE NOT EXISTS (
                    SELECT FROM unnest(string_to_array(translate(p.sort_key, '-''.,', '    '), ' ')) AS has
                     WHERE search.slips(asked, has) <= CASE WHEN length(asked) > 4 THEN 2 ELSE 1 END))
         ORDER BY similarity(p.sort_key, array_to_string(words, ' ')) DESC, p.id DESC LIMIT at_most);
END
$$;
GRANT EXECUTE ON FUNCTION search.named_alike(text[], integer, bigint[]) TO ecrm_searcher;

-- People two words of whose names somebody wrote as one: "joaocosta", and with a vowel wrong.
CREATE OR REPLACE FUNCTION search.run_together(word text, at_most integer, owners bigint[]) RETURNS bigint[]
    LANGUAGE plpgsql STABLE SET search_path = public, pg_temp SET enable_seqscan = off AS $$
DECLARE
    wanted bigint := current_tenant();
    candidates bigint[];
    place integer;
    one bigint[];
    key_of_other bigint;
BEGIN
    IF length(word) NOT BETWEEN 5 AND 40 THEN RETURN '{}'; END IF;
    -- As names begin, either word first: a look into the index for each place to cut.
    candidates := ARRAY(
        SELECT found.id FROM generate_series(2, length(word) - 2) AS cut
         CROSS JOIN LATERAL unnest(ARRAY[left(word, cut) || ' ' || substr(word, cut + 1),
                                         substr(word, cut + 1) || ' ' || left(word, cut)]) AS meant
         CROSS JOIN LATERAL (
            SELECT id FROM contacts_contact p
             WHERE p.tenant_id = wanted AND p.binned_at IS NULL
               AND p.sort_key >= meant AND p.sort_key < meant || U&'\+10FFFF' LIMIT 30) AS found);
    FOR place IN 3 .. length(word) - 3 LOOP
        EXIT WHEN cardinality(candidates) >= 200;
        one := ARRAY(SELECT contact_id FROM contacts_namekey
                      WHERE tenant_id = wanted AND key = search.word_key(search.skeleton(left(word, place))) LIMIT 2001);
        key_of_other := search.word_key(search.skeleton(substr(word, place + 1)));
        IF cardinality(one) > 2000 THEN
            one := ARRAY(SELECT contact_id FROM contacts_namekey WHERE tenant_id = wanted AND key = key_of_other LIMIT 2001);
            key_of_other := search.word_key(search.skeleton(left(word, place)));
        END IF;
        CONTINUE WHEN cardinality(one) NOT BETWEEN 1 AND 2000;
        candidates := candidates || ARRAY(
            SELECT contact_id FROM contacts_namekey
             WHERE tenant_id = wanted AND key = key_of_other AND contact_id = ANY (one) LIMIT 100);
    END LOOP;
    RETURN ARRAY(
        SELECT p.id FROM contacts_contact p
         CROSS JOIN LATERAL (
            SELECT min(levenshtein_less_equal(word, left(a.part || b.part, 80), 2)) AS off
              FROM unnest(string_to_array(p.sort_key, ' ')) WITH ORDINALITY AS a (part, at),
                   unnest(string_to_array(p.sort_key, ' ')) WITH ORDINALITY AS b (part, at)
             WHERE a.at <> b.at AND a.part <> '' AND b.part <> '') AS best
         WHERE p.tenant_id = wanted AND p.id = ANY (candidates) AND p.binned_at IS NULL
           AND (owners IS NULL OR p.owner_id IS NULL OR p.owner_id = ANY (owners))
           AND (best.off <= CASE WHEN length(word) > 7 THEN 2 ELSE 1 END OR starts_with(replace(p.sort_key, ' ', ''), word))
         ORDER BY best.off, p.active_at DESC, p.id DESC LIMIT at_most);
END
$$;
GRANT EXECUTE ON FUNCTION search.run_together(text, integer, bigint[]) TO ecrm_searcher;

-- People with an address like this one, the most alike first. Its domain may be only begun, or left out.
-- Found by what is before the @ with one letter wrong (a key of matching.sql each) and through companies of
-- such a domain; else by its words, which most people have in their names.
CREATE OR REPLACE FUNCTION search.addressed_alike(
    term text, companies bigint[], at_most integer, owners bigint[]) RETURNS bigint[]
    LANGUAGE plpgsql STABLE SET search_path = public, pg_temp SET enable_seqscan = off AS $$
DECLARE
    wanted bigint := current_tenant();
    box text := left(search.mail_local(term), 40);
    host text := left(split_part(term, '@', 2), 80);
    letters text := 'abcdefghijklmnopqrstuvwxyz' || CASE WHEN box ~ '[0-9]' THEN '0123456789' ELSE '' END;
    candidates bigint[] := '{}';
BEGIN
    IF box = '' THEN RETURN '{}'; END IF;
    IF length(box) > 3 THEN
        candidates := ARRAY(
            SELECT few.contact_id FROM (
                SELECT box AS meant
                 UNION SELECT left(box, at - 1) || substr(box, at + 1) FROM generate_series(1, length(box)) AS at
                 UNION SELECT left(box, at - 1) || substr(box, at + 1, 1) || substr(box, at, 1) || substr(box, at + 2)
                  FROM generate_series(1, length(box) - 1) AS at
                 UNION SELECT left(box, at - 1) || letter || substr(box, at + skipped)
                  FROM generate_series(1, length(box) + 1) AS at, string_to_table(letters, NULL) AS letter,
                       generate_series(0, 1) AS skipped) AS variant
             CROSS JOIN LATERAL (
                SELECT k.contact_id FROM contacts_matchkey k
                 WHERE k.tenant_id = wanted AND k.kind = 2 AND k.key = hashtextextended(variant.meant, 0)
                 LIMIT 20) AS few
             LIMIT 300);
    END IF;
    IF cardinality(companies) > 0 THEN
        candidates := candidates || ARRAY(
            SELECT id FROM contacts_contact
             WHERE tenant_id = wanted AND company_id = ANY (companies) AND company_id IS NOT NULL LIMIT 300);
    END IF;
    IF cardinality(candidates) = 0 THEN
        candidates := search.roughly_named(ARRAY(
            SELECT word FROM regexp_split_to_table(split_part(term, '@', 1), '[^[:alpha:]]+') AS word
             WHERE length(word) > 2 LIMIT 4));
    END IF;
    RETURN ARRAY(
        SELECT p.id FROM contacts_contact p
         CROSS JOIN LATERAL (
            SELECT min(off.in_box + off.in_host) AS slips
              FROM contacts_emailaddress e
             CROSS JOIN LATERAL (SELECT search.mail_local(e.address_norm) AS in_box,
                                       split_part(e.address_norm, '@', 2) AS at_host) AS theirs
             CROSS JOIN LATERAL (
                -- Whoever leaves out the number behind a name means anybody of that name.
                SELECT least(search.slips(box, theirs.in_box),
                             CASE WHEN box !~ '[0-9]' THEN search.slips(box, rtrim(theirs.in_box, '0123456789')) END) AS in_box,
                       CASE WHEN host = '' THEN 0
                            ELSE least(search.slips(host, theirs.at_host),
                                       search.slips(host, left(theirs.at_host, length(host)))) END AS in_host) AS off
             WHERE e.tenant_id = wanted AND e.contact_id = p.id AND e.binned_at IS NULL
               AND off.in_box <= CASE WHEN length(box) > 5 THEN 2 WHEN length(box) > 2 THEN 1 ELSE 0 END
               AND off.in_host <= 2) AS best
         WHERE p.tenant_id = wanted AND p.id = ANY (candidates) AND p.binned_at IS NULL
           AND (owners IS NULL OR p.owner_id IS NULL OR p.owner_id = ANY (owners)) AND best.slips IS NOT NULL
         ORDER BY best.slips, p.active_at DESC, p.id DESC LIMIT at_most);
END
$$;
GRANT EXECUTE ON FUNCTION search.addressed_alike(text, bigint[], integer, bigint[]) TO ecrm_searcher;

-- Companies whose name, domain or town is written like a term, the most alike first.
SELECT show_limit();  -- Loads pg_trgm, so that its setting is known below.
CREATE OR REPLACE FUNCTION search.alike_company_ids(term text, at_most integer, owners bigint[] DEFAULT NULL)
    RETURNS SETOF bigint
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off
    SET pg_trgm.word_similarity_threshold = 0.4 AS $$
DECLARE
    wanted bigint := current_tenant();
    folded text := left(search.fold(btrim(term)), 80);
    words text[];
    turned text;
    candidates bigint[];
BEGIN
    IF wanted IS NULL THEN RAISE EXCEPTION 'search: no tenant is set'; END IF;
    words := ARRAY(SELECT word FROM regexp_split_to_table(folded, '\s+') AS word WHERE length(word) > 2 LIMIT 4);
    IF cardinality(words) = 0 OR term ~ '^[\s+()./0-9-]*$' THEN RETURN; END IF;
    -- A short word with a slip shares hardly a trigram with what was meant: its letters are turned back.
    SELECT string_agg(format(' OR search_text LIKE %L', '% ' || replace(replace(meant, '\', '\\'), '_', '\_') || '%'), '')
      INTO turned
      FROM unnest(words) AS word, generate_series(1, length(word) - 1) AS at,
           LATERAL (SELECT left(word, at - 1) || substr(word, at + 1, 1) || substr(word, at, 1) || substr(word, at + 2)) AS t (meant)
     WHERE length(word) < 6 AND strpos(word, '%') = 0;
    EXECUTE format('SELECT ARRAY(SELECT id FROM contacts_company WHERE tenant_id = %L AND binned_at IS NULL'
                   ' AND (%L <%% search_text%s) LIMIT 1000)', wanted, folded, coalesce(turned, ''))
       INTO candidates;
    RETURN QUERY
    SELECT c.id FROM contacts_company c
     WHERE c.tenant_id = wanted AND c.id = ANY (candidates)
       AND (owners IS NULL OR c.owner_id IS NULL OR c.owner_id = ANY (owners))
       AND NOT EXISTS (
           SELECT FROM unnest(words) AS asked
            WHERE NOT EXISTS (
                SELECT FROM regexp_split_to_table(c.search_text, '\s+') AS has
                 WHERE search.slips(asked, has) <= CASE WHEN length(asked) > 4 THEN 2 ELSE 1 END))
     ORDER BY word_similarity(folded, c.search_text) DESC, c.name_norm, c.id LIMIT greatest(at_most, 0);
END
$$;
ALTER FUNCTION search.alike_company_ids(text, integer, bigint[]) OWNER TO ecrm_searcher;
GRANT EXECUTE ON FUNCTION search.alike_company_ids(text, integer, bigint[]) TO ecrm_app, ecrm_searcher;

-- People written like a term, the most alike first: by their name, by their address where the term is
-- one, then by their company.
CREATE OR REPLACE FUNCTION search.alike_ids(term text, at_most integer, owners bigint[] DEFAULT NULL)
    RETURNS SETOF bigint
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
DECLARE
    folded text := left(search.fold(btrim(term)), 200);
    most integer := least(greatest(at_most, 0), 200);
    is_address boolean := strpos(term, '@') > 0;
    domain text := split_part(folded, '@', 2);
    words text[] := ARRAY(SELECT word FROM regexp_split_to_table(folded, '[^[:alnum:]]+') AS word WHERE length(word) > 2 LIMIT 4);
    companies bigint[];
    ids bigint[] := '{}';
BEGIN
    IF current_tenant() IS NULL THEN RAISE EXCEPTION 'search: no tenant is set'; END IF;
    companies := ARRAY(SELECT search.alike_company_ids(CASE WHEN is_address THEN domain ELSE folded END, 5));
    -- Of whom no domain is known, the name often is the beginning of it.
    IF is_address AND cardinality(companies) = 0 AND strpos(domain, '.') > 4 THEN
        companies := ARRAY(SELECT search.alike_company_ids(split_part(domain, '.', 1), 5));
    END IF;
    IF is_address THEN
        ids := search.addressed_alike(folded, companies, most, owners);
    ELSIF folded !~ '[0-9]' AND cardinality(words) > 0 THEN
        IF cardinality(words) = 1 THEN ids := search.run_together(words[1], most, owners); END IF;
        IF cardinality(ids) = 0 THEN ids := search.named_alike(words, most, owners); END IF;
    END IF;
    IF NOT is_address OR starts_with(folded, '@') THEN
        ids := ids || ARRAY(
            SELECT p.id FROM unnest(companies) WITH ORDINALITY AS company (id, place)
             CROSS JOIN LATERAL (
                SELECT o.id, o.active_at FROM contacts_contact o
                 WHERE o.tenant_id = current_tenant() AND o.company_id = company.id AND o.binned_at IS NULL
                   AND (owners IS NULL OR o.owner_id IS NULL OR o.owner_id = ANY (owners))
                 ORDER BY o.active_at DESC, o.id DESC LIMIT 20) AS p
             ORDER BY company.place, p.active_at DESC, p.id DESC);
    END IF;
    RETURN QUERY SELECT found.id FROM unnest(ids) WITH ORDINALITY AS found (id, place)
                  GROUP BY found.id ORDER BY min(found.place) LIMIT most;
END
$$;
ALTER FUNCTION search.alike_ids(text, integer, bigint[]) OWNER TO ecrm_searcher;
GRANT EXECUTE ON FUNCTION search.alike_ids(text, integer, bigint[]) TO ecrm_app;
