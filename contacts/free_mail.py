"""Domains where anybody has an address: writing from one says nothing about a company.

Mailbox providers open to the public, by their own lists of domains; written down by hand. Providers
with a domain for each country are made from their endings.
"""

from __future__ import annotations

_BY_COUNTRY = {
    "yahoo": "com ca co.uk co.in co.jp co.id co.nz co.za com.ar com.au com.br com.hk com.mx com.my com.ph com.sg"
    " com.tr com.tw com.vn de dk es fi fr gr ie in it nl no pl pt ro se",
    "hotmail": "com ca ch cl co.jp co.nz co.th co.uk co.za com.ar com.au com.br com.tr cz de dk es fi fr gr hu it nl"
    " no pt rs se sk",
    "live": "com at be ca ch cl cn co.uk co.za com.ar com.au com.mx com.my com.pt com.sg de dk fi fr ie in it jp nl no"
    " ph pt ru se",
    "outlook": "com at be cl co.id co.th com.ar com.au com.br com.tr com.vn cz de dk es fr hu ie in it jp kr lv pt sa"
    " sg sk",
    "gmx": "at biz ca ch cn co.uk com de es eu fr info it net org pt us",
    "tiscali": "co.uk it", "virgilio": "it", "libero": "it", "laposte": "net", "orange": "fr es", "free": "fr",
    "protonmail": "com ch", "proton": "me", "tutanota": "com de", "tuta": "io com", "yandex": "com ru ua by kz",
    "web": "de", "freenet": "de", "t-online": "de", "arcor": "de", "o2": "pl co.uk", "wp": "pl", "onet": "pl eu",
    "interia": "pl eu", "gazeta": "pl", "op": "pl", "poczta": "onet.pl fm", "tlen": "pl", "vp": "pl", "sapo": "pt",
    "clix": "pt", "netcabo": "pt", "iol": "pt it", "mail": "com ru ee be pt", "portugalmail": "pt", "terra": "com.br"
    " es", "uol": "com.br", "bol": "com.br", "ig": "com.br", "globo": "com", "r7": "com", "seznam": "cz", "centrum":
    "cz sk", "azet": "sk", "zoznam": "sk", "freemail": "hu", "citromail": "hu", "abv": "bg", "ukr": "net", "i": "ua",
    "meta": "ua", "rambler": "ru", "inbox": "ru lv lt com", "list": "ru", "bk": "ru", "qq": "com", "foxmail": "com",
    "163": "com", "126": "com", "sina": "com cn", "sohu": "com", "aliyun": "com", "naver": "com", "daum": "net",
    "hanmail": "net", "rediffmail": "com", "bluewin": "ch", "hispeed": "ch", "sunrise": "ch", "skynet": "be",
    "telenet": "be", "ziggo": "nl", "kpnmail": "nl", "planet": "nl", "xs4all": "nl", "home": "nl", "hetnet": "nl",
    "telia": "com", "spray": "se", "bredband": "net", "online": "no", "start": "no", "jubii": "dk", "luukku": "com",
    "btinternet": "com", "btopenworld": "com", "sky": "com", "talktalk": "net", "virginmedia": "com", "ntlworld":
    "com", "blueyonder": "co.uk", "eircom": "net", "comcast": "net", "verizon": "net", "att": "net", "sbcglobal":
    "net", "bellsouth": "net", "cox": "net", "charter": "net", "earthlink": "net", "juno": "com", "optonline": "net",
    "shaw": "ca", "rogers": "com", "sympatico": "ca", "videotron": "ca", "bigpond": "com net.au", "optusnet":
    "com.au", "xtra": "co.nz", "wanadoo": "fr es nl", "sfr": "fr", "neuf": "fr", "club-internet": "fr", "aliceadsl":
    "fr", "alice": "it", "tin": "it", "fastwebnet": "it", "telefonica": "net", "walla": "com co.il", "mynet": "com",
}  # fmt: skip
_ALONE = """
    gmail.com googlemail.com aol.com aim.com msn.com icloud.com me.com mac.com ymail.com rocketmail.com
    passport.com hey.com fastmail.com fastmail.fm zoho.com zohomail.com zohomail.eu hushmail.com mailbox.org
    posteo.de posteo.net mailfence.com pm.me duck.com relay.firefox.com privaterelay.appleid.com inbox.com
    mail.com email.com usa.com europe.com myself.com consultant.com post.com gmx.net runbox.com disroot.org
    riseup.net mailinator.com yopmail.com guerrillamail.com
"""
FREE_MAIL = frozenset([f"{name}.{end}" for name, ends in _BY_COUNTRY.items() for end in ends.split()] + _ALONE.split())


def is_free_mail(domain: str) -> bool:
    return domain.lower() in FREE_MAIL
