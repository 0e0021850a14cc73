"""What two people may share, and what it is worth (the keys are made in contacts/sql/matching.sql).

Blocks larger than ``LARGEST`` are left out: a key that many have says nothing, and comparing
everybody in it would grow with the square.
"""

from __future__ import annotations

from enum import IntEnum

LARGEST = 50
# From here on somebody should look; 100 is as sure as it gets.
LEAST_SCORE = 60


class Kind(IntEnum):
    MAIL = 1  # the address, without what mail servers ignore
    MAIL_NAME = 2  # the part before the @
    PHONE = 3
    SOUND = 5  # two words of the name as they sound
    BORN = 6  # birthday and the sound of one word of the name
    DOOR = 7  # postcode, house number and the sound of one word
    WORK = 8  # company and the sound of one word
    IDENTITY = 9
    TOWN = 10  # city, the sound of one word and the first letter of another


# Less telling ones: a name that more people have must be found by something else.
MANY = {Kind.SOUND: 5, Kind.TOWN: 8}
