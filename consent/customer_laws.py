"""The law of each country on writing to customers who did not ask for it, and where we read it.

``docs/consent-countries.md`` says the same for people, with the conditions. Not legal advice: whoever sends
decides with a lawyer. A country is allowed only where its law and the exception for customers were both
found in a source; everything else is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

CHECKED_ON = date(2026, 11, 22)


@dataclass(frozen=True, slots=True)
class Rule:
    """``law`` is where it stands; ``months`` how long after the last sale it holds (None: no limit named).
    ``source`` is the page it was read on."""

    law: str
    source: str
    is_allowed: bool = True
    months: int | None = None


RULES: Mapping[str, Rule] = {
    "AT": Rule("TKG 2021 § 174(4)", "wko.at/ktn/information-consulting/werbung-marktkommunikation"),
    "AU": Rule("Spam Act 2003, Schedule 2", "lexology.com 792eb606-ccd8-4eb4-bbd6-a1c799d00a6f", is_allowed=False),
    "BE": Rule("Arrêté royal du 4 avril 2003, art. 1, 1°", "etaamb.be/fr/arrete-royal-du-04-avril-2003_n2003011238"),
    "CA": Rule("CASL (S.C. 2010, c. 23) s. 10(9)–(10)", "ipblog.ca/?p=808", months=24),
    "CH": Rule("UWG Art. 3(1)(o)", "lexology.com e1953afe-0e63-47e2-9705-f242e6943734"),
    "CY": Rule("Law 112(I)/2004", "paschalides.com/articles/litigation/272-email-spam-cyprus-advertising-law"),
    "CZ": Rule("Zákon č. 480/2004 Sb. § 7(3)", "uoou.gov.cz/en/unsolicited-commercial-communications"),
    "DE": Rule("UWG § 7(3)", "dr-bahr.com/news, LG Nürnberg-Fürth 4 HK O 655/21"),
    "DK": Rule("Markedsføringsloven § 10(2)", "danskelove.dk/markedsføringsloven/10"),
    "EE": Rule("Elektroonilise side seadus", "tgsbaltic.com/en/publications/can-i-send-marketing-e-mails-to-anyone"),
    "ES": Rule("LSSI (Ley 34/2002) art. 21(2)", "privtools.eu/informes/2018-0164 (AEPD)"),
    "FI": Rule("Laki sähköisen viestinnän palveluista (917/2014) § 200", "finlex.fi/fi/viranomaiset/tsv/2005/20050058"),
    "FR": Rule("CPCE art. L34-5", "doctrine.fr LEGIARTI000006465785"),
    "GB": Rule("PECR 2003 reg. 22(3)", "informationrightsandwrongs.com/2018/09/05"),
    "GR": Rule("Νόμος 3471/2006, άρθρο 11", "fedma.org/legalfacts/greece-lfp"),
    "HU": Rule("2008. évi XLVIII. törvény 6. §", "mondaq.com/x/212692", is_allowed=False),
    "IE": Rule("S.I. 336/2011 reg. 13(11)", "dataprotection.ie (direct marketing)", months=12),
    "IT": Rule("D.lgs. 196/2003 art. 130(4)", "gazzettaufficiale.it 003G0218, brocardi.it"),
    "LT": Rule("Elektroninių ryšių įstatymas, 81 str.", "privacycats.com/posts/direct-marketing-in-baltics"),
    "LU": Rule("Loi sur le commerce électronique, art. 48", "lexology.com 75fcbee8-de8f-4597-bcfd-fee6eea83467"),
    "LV": Rule("Informācijas sabiedrības pakalpojumu likums, 9(2)", "interneta-vietnes.lv/datu-drosiba"),
    "NL": Rule("Telecommunicatiewet art. 11.7", "fedma.org/legalfacts/nl-lfp"),
    "NO": Rule("Markedsføringsloven § 15", "forbrukertilsynet.no/?p=2165"),
    "PL": Rule("Prawo komunikacji elektronicznej art. 398", "radcaprawny.kirp.pl, prawo.pl 534839", is_allowed=False),
    "PT": Rule("Lei 41/2004 art. 13.º-A(3)", "debates.parlamento.pt 2012-07-31"),
    "RO": Rule("Legea 506/2004 art. 12", "fedma.org/legalfacts/romania-lfp"),
    "SE": Rule("Marknadsföringslagen (2008:486) § 19", "iabsverige.se/fraga-advokaten, november 2020"),
    "US": Rule("CAN-SPAM Act, 15 U.S.C. 7704", "the Act as described by Wikipedia (2023)"),
}
# Looked for and not found, contradictory, or changed since: refused until somebody shows the article.
UNCONFIRMED: Mapping[str, str] = {
    "BG": "Закон за електронните съобщения, чл. 261(2); Закон за електронната търговия, чл. 6(4)",
    "BR": "LGPD (Lei 13.709/2018)",
    "HR": "Zakon o elektroničkim komunikacijama (NN 76/22)",
    "IS": "Lög um fjarskipti nr. 70/2022",
    "LI": "UWG",
    "MT": "S.L. 586.01",
    "MX": "LFPDPPP",
    "SI": "ZEKom-2",
    "SK": "Zákon č. 452/2021 Z. z. § 116",
    "UA": "Закон «Про електронну комерцію»",
}
