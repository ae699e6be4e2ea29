"""What a scenario asks of a packet beside its kind: `ttl=1 tos=0x2e size=1501 nodf`."""

from dataclasses import replace

# Router alert, and an option that changes nothing; padding to as many bytes.
OPTIONS = {"ipv4": bytes((148, 4, 0, 0)), "ipv6": bytes((1, 4, 0, 0, 0, 0))}

NUMBERS = {
    "ttl": "ttl",
    "tos": "tos",
    "id": "identification",
    "pieces": "parts",
}
WORDS = {
    "nodf": {"may_be_fragmented": True},
    "damaged": {"damaged": True},
    "unsummed": {"unsummed": True},
    "backwards": {"backwards": True},
}
SIZE = "size"
OPTIONS_WORD = "options"


def numbers(words):
    """The attributes of the form NAME=NUMBER, as a dictionary; and the other words."""
    split = [word.partition("=") for word in words]
    return ({name: int(value, 0) for name, equals, value in split if equals},
            [name for name, equals, _ in split if not equals])


def known(words):
    """Whether shape() understands them all."""
    named, others = numbers(words)
    return named.keys() <= {*NUMBERS, SIZE} and set(others) <= {*WORDS, OPTIONS_WORD}


def shape(packet, family, words):
    named, others = numbers(words)
    changes = {NUMBERS[name]: value for name, value in named.items() if name in NUMBERS}
    for word in others:
        changes |= WORDS.get(word, {})
    if OPTIONS_WORD in others:
        changes["options"] = OPTIONS[family]
    packet = replace(packet, **changes)
    return packet.filled_to(named[SIZE]) if SIZE in named else packet
