"""What each thing that two people share, or differ in, is worth: SQL over pairs of cards.

What speaks for one person is added, what speaks against taken away; four points are a bit, that is, make it
twice as likely (Fellegi and Sunter, 1969, JASA 64). A name is worth the more the rarer it is in this base
(Winkler, 2000, on frequencies). 60 is where the pairs of the labelled base are almost all true
(bench/duplicates.py).
"""

from __future__ import annotations

from contacts.duplicates.kinds import LEAST_SCORE, Kind

# People who are not in the base, so that in a small one nobody's name passes for unique.
STRANGERS = 100
# How much likelier, in bits, a namesake is another person: about one in 12 was written down twice.
_SELDOM = 3.5
_COMMON, _RARE = -8, 44
_SAME, _ALIKE, _CITY = 34, 30, 10

# The most that a shared key can be worth: whoever cannot reach the score is not even read. Name and city
# are looked at in any case.
_MOST = {
    Kind.MAIL: 66, Kind.MAIL_NAME: 80, Kind.PHONE: 42, Kind.BORN: 50, Kind.DOOR: 20, Kind.WORK: 10,
    Kind.IDENTITY: 22, Kind.SOUND: _RARE, Kind.TOWN: _RARE,
}  # fmt: skip
_BOUND = " + ".join(f"({weight} * (kinds >> {kind} & 1))" for kind, weight in _MOST.items())
MAY_REACH = f"{_SAME + _CITY} + {_BOUND} >= {LEAST_SCORE}"

# How much rarer than one in everybody a namesake in the same city would be, as points. Among the few who
# share a number, a mailbox or a door it does not matter how common a name is elsewhere.
_RARITY = f"""
    greatest(CASE WHEN phone OR mail OR local OR door OR born = 'same' THEN 0 ELSE {_COMMON} END, least({_RARE}, round(
        4 * (name_bits + CASE WHEN city THEN city_bits ELSE 0 END - people_bits - {_SELDOM}))))"""
_WEIGHTS = f"""
      CASE alike WHEN 3 THEN {_SAME} WHEN 2 THEN {_ALIKE} WHEN 1 THEN CASE WHEN mail OR own_local THEN 0 ELSE -24 END
                 WHEN 0 THEN -40 ELSE 0 END
      + CASE WHEN alike >= 2 THEN {_RARITY} ELSE 0 END
      + CASE WHEN mail THEN 66 WHEN own_local AND alike >= 2 THEN 80 WHEN own_local THEN 50
             WHEN local THEN 12 WHEN other_mail THEN CASE WHEN alike = 1 THEN -24 ELSE -8 END ELSE 0 END
      + CASE WHEN phone THEN 42 WHEN other_phone THEN -18 ELSE 0 END
      + CASE born WHEN 'same' THEN CASE WHEN alike = 1 THEN 30 ELSE 50 END
                  WHEN 'near' THEN 20 WHEN 'other' THEN -60 ELSE 0 END
      + CASE WHEN city THEN {_CITY} WHEN city IS NULL THEN 4 WHEN phone THEN -6 ELSE -10 END
      + CASE WHEN door THEN 20 ELSE 0 END
      + CASE WHEN company THEN 10 ELSE 0 END
      + CASE WHEN named THEN 22 ELSE 0 END"""
_REASONS = f"""
      array_remove(ARRAY[
        CASE WHEN mail THEN 'mail' END, CASE WHEN phone THEN 'phone' END,
        CASE alike WHEN 3 THEN 'name' WHEN 2 THEN 'name_alike' END,
        CASE WHEN local AND NOT mail THEN 'mail_name' END, CASE WHEN born = 'same' THEN 'born' END,
        CASE WHEN door THEN 'door' END, CASE WHEN named THEN 'identity' END, CASE WHEN company THEN 'company' END,
        CASE WHEN city THEN 'city' END, CASE WHEN alike >= 2 AND {_RARITY} >= 12 THEN 'rare' END,
        CASE WHEN born = 'other' THEN 'born_differs' END, CASE WHEN NOT city THEN 'city_differs' END], NULL)"""
# What can still be reached when the names turn out to be the same: comparing them is what costs.
_HOPE = f"""
    {_SAME} + greatest({_COMMON}, least({_RARE}, round(
        4 * (rarest + 4 + CASE WHEN city THEN least(a_city, b_city) ELSE 0 END - people_bits - {_SELDOM}))))
      + CASE WHEN mail THEN 66 WHEN own_local THEN 80 WHEN local THEN 12 WHEN other_mail THEN -8 ELSE 0 END
      + CASE WHEN phone THEN 42 WHEN other_phone THEN -18 ELSE 0 END
      + CASE born WHEN 'same' THEN 50 WHEN 'near' THEN 20 WHEN 'other' THEN -60 ELSE 0 END
      + CASE WHEN city THEN {_CITY} WHEN city IS NULL THEN 4 WHEN phone THEN -6 ELSE -10 END
      + CASE WHEN phone OR mail OR local OR door OR born = 'same' THEN {-_COMMON} ELSE 0 END
      + CASE WHEN door THEN 20 ELSE 0 END + CASE WHEN company THEN 10 ELSE 0 END + CASE WHEN named THEN 22 ELSE 0 END"""
# OFFSET 0: the planner would put what is below in place of its name, and do it anew for each mention.
EVIDENCE = f"""
    SELECT first, second, likeness[1] AS alike, likeness[2] AS name_bits, mail, local, own_local, phone, other_phone,
           other_mail, born, city, least(a_city, b_city) AS city_bits, people_bits, door, company, named
      FROM (SELECT *, CASE WHEN a_words = b_words AND cardinality(a_words) > 1 THEN ARRAY[3, rarest]
                           ELSE search.names_alike(a_words, b_words, a_sounds, b_sounds, a_bits, b_bits)
                      END AS likeness
      FROM (SELECT c.first, c.second, a.people_bits, a.city_bits AS a_city, b.city_bits AS b_city,
           a.words AS a_words, b.words AS b_words, a.sounds AS a_sounds, b.sounds AS b_sounds,
           a.bits AS a_bits, b.bits AS b_bits, least(a.name_bits, b.name_bits) AS rarest,
           a.mails && b.mails AS mail, a.locals && b.locals AS local, a.own_locals && b.own_locals AS own_local,
           a.phones && b.phones AS phone,
           a.phones <> '{{}}' AND b.phones <> '{{}}' AND NOT a.phones && b.phones AS other_phone,
           a.mails <> '{{}}' AND b.mails <> '{{}}' AND NOT a.locals && b.locals AS other_mail,
           CASE WHEN a.born = b.born THEN 'same' WHEN a.born IS NULL OR b.born IS NULL THEN ''
                WHEN (to_char(a.born, 'MMDD') = to_char(b.born, 'MMDD')
                      OR to_char(a.born, 'YYYYMMDD') = to_char(b.born, 'YYYYDDMM')
                      OR (date_trunc('month', a.born) = date_trunc('month', b.born))) THEN 'near'
                ELSE 'other' END AS born,
           CASE WHEN a.cities <> '{{}}' AND b.cities <> '{{}}' THEN a.cities && b.cities END AS city,
           a.doors && b.doors AS door,
           coalesce(a.company_id = b.company_id, false) AS company, a.named && b.named AS named
      FROM duplicate_candidate c
      JOIN duplicate_person a ON a.contact_id = c.first
      JOIN duplicate_person b ON b.contact_id = c.second OFFSET 0) AS shared
     WHERE {_HOPE} >= {LEAST_SCORE} OFFSET 0) AS compared"""
SCORED = f"""
    CREATE TEMP TABLE duplicate_scored ON COMMIT DROP AS
    SELECT first, second, least(score, 100)::smallint AS score, {_REASONS} AS reasons FROM (
        SELECT *, ({_WEIGHTS}) AS score FROM ({EVIDENCE}) AS evidence OFFSET 0) AS scored
     WHERE score >= {LEAST_SCORE}"""
