"""What a column looks like, by its name and by the shape of its values: personal data, keys, free text."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import pairwise

_ENOUGH = 20
_PERSONS = {
    *("first", "last", "middle", "given", "family", "full", "maiden", "nick", "user", "patient", "customer", "client"),
    *("person", "employee", "student", "member", "contact", "author", "doctor", "physician", "nurse", "owner"),
    *("applicant", "donor", "spouse", "father", "mother", "child", "guest"),
}
_NAME_WORDS = {"surname", "forename", "firstname", "lastname", "fullname", "givenname", "familyname", "middlename"}
_BY_WORD = {
    "email": {"email", "mail", "emails"},
    "phone": {"phone", "telephone", "tel", "mobile", "cellphone", "fax", "phonenumber"},
    "national-id": {
        *("ssn", "nino", "nhs", "bsn", "cpf", "curp", "pesel", "insee", "nir", "ahv", "avs", "personnummer"),
        *("passport", "nationalid", "taxid", "tin", "sin", "medicare"),
    },
    "card": {"creditcard", "cardnumber", "pan", "ccnum"},
    "bank-account": {"iban", "bankaccount", "accountnumber"},
    "address": {"address", "street", "addr", "addressline"},
    "birth-date": {"birthdate", "birthday", "dob", "dateofbirth", "birth"},
    "location": {"lat", "latitude", "lon", "lng", "long", "longitude", "geo", "coordinates"},
    "postcode": {"zip", "zipcode", "postcode", "postal", "postalcode"},
}
_KEY_WORDS = {"id", "ids", "uuid", "guid", "key", "nbr", "mrn", "identifier", "pk", "rownames", "rownum", "rowid"}
_KEY_WORDS |= {"index", "serial", "record"}
_NEED_SHAPE = {"card": {"pan"}, "national-id": {"sin", "tin", "nhs"}}
"""Words that mean other things as well: they count only where the values have the shape, too."""

_REGIONS = {"state", "country", "county", "region", "province", "city", "town", "zip", "postcode", "type", "kind"}
"""Of an address, what many people share."""
_YES_NO = {"yes", "no", "y", "n", "true", "false", "t", "f"}

DIRECT = frozenset({"name", "email", "phone", "national-id", "card", "bank-account", "address", "ip-address"})
"""Flags of what identifies a person directly: never modelled."""


def words(column_name: str) -> list[str]:
    """The words of a column's name: snake_case, kebab-case and camelCase cut apart."""
    cut = re.sub(r"([a-z0-9])([A-Z])|([A-Z]+)([A-Z][a-z])", r"\1\3 \2\4", column_name)
    return [word.lower() for word in re.split(r"[^A-Za-z]+", cut) if word]


def flags_by_name(column_name: str) -> set[str]:
    """What the name says."""
    parts = words(column_name)
    joined = {a + b for a, b in pairwise(parts)} | {"".join(parts)} | set(parts)
    if set(parts) & _REGIONS:
        joined -= _BY_WORD["address"]
    found = {flag for flag, names in _BY_WORD.items() if joined & (names - _NEED_SHAPE.get(flag, set()))}
    named = bool({"name", "names"} & set(parts)) and (len(parts) == 1 or bool(set(parts) & _PERSONS))
    return found | ({"name"} if named or joined & _NAME_WORDS else set())


def is_key_name(column_name: str) -> bool:
    """Whether the name is that of an identifier."""
    return bool(set(words(column_name)) & _KEY_WORDS)


def flags_by_values(texts: Sequence[str]) -> set[str]:
    """What the shape of at least nine in ten distinct values says; of twenty values at least."""
    if len(texts) < _ENOUGH:
        return set()
    stripped = [text.strip() for text in texts]
    return {flag for flag, test in _SHAPES.items() if sum(bool(test(text)) for text in stripped) >= 0.9 * len(stripped)}


def names_nobody(texts: Collection[str]) -> bool:
    """Whether the values cannot be names, addresses or numbers of persons: yes and no, or whole numbers below 1,000."""
    plain = {text.strip().lower() for text in texts}
    return plain <= _YES_NO or all(re.fullmatch(r"[+-]?0*\d{1,3}", text) for text in plain)


def is_free_text(frequencies: Mapping[str, int]) -> bool:
    """Whether the values read like sentences: long, or of several words, and rarely repeated."""
    texts = list(frequencies)
    if len(texts) < _ENOUGH:
        return False
    mean_length = sum(map(len, texts)) / len(texts)
    mean_words = sum(len(text.split()) for text in texts) / len(texts)
    return mean_length > 50 or (mean_words > 4 and mean_length > 20)


def are_uuids(texts: Collection[str]) -> bool:
    """Whether all values are UUIDs with hyphens."""
    return bool(texts) and all(_UUID.fullmatch(text) for text in texts)


def spelt_as_numbers(texts: Collection[str]) -> str:
    """What text is that people read as numbers, and what to write in its place; empty for any other text."""
    stripped = [text.strip() for text in texts]
    if sum(bool(_PERCENT.fullmatch(text)) for text in stripped) >= 0.95 * len(stripped) > 0:
        comma = any("," in text for text in stripped)
        signs, cure = (" and a decimal comma", ", and a decimal point") if comma else ("", "")
        return f"looks like numbers with a percent sign{signs}: write them without the sign{cure}"
    if sum(bool(_COMMA.fullmatch(text)) for text in stripped) < 0.95 * len(stripped):
        return ""
    fractions = [text.rpartition(",")[2] for text in stripped if "," in text]
    is_decimal = any(len(fraction) != 3 for fraction in fractions)  # three digits may be thousands
    if not is_decimal or len(fractions) < 0.5 * len(stripped):
        return ""
    return "looks like numbers with a decimal comma: write them with a decimal point"


_PERCENT = re.compile(r"[+-]?\d+([.,]\d+)?\s*%")
_COMMA = re.compile(r"[+-]?(\d+|\d{1,3}(\.\d{3})+)(,\d+)?")
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_EMAIL = re.compile(r"[^@\s,;]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_PHONE = re.compile(
    r"(?=(?:\D*\d){9,15}\D*$)(?:\+\d[\d\s().-]*|\(?\d{2,5}\)?[\s.-]+\d[\d\s.-]*)(?:\s?(?:x|ext\.?)\s?\d+)?"
)
_DATE_LIKE = re.compile(r"\d{1,4}[-/. ]\d{1,2}[-/. ]\d{1,4}(\D.*)?|\d{4}-\d{4}")
_SSN = re.compile(r"(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}")
_AHV = re.compile(r"756\.?\d{4}\.?\d{4}\.?\d{2}")
_NHS = re.compile(r"\d{3}[ -]\d{3}[ -]\d{4}")
_CPF = re.compile(r"\d{3}\.\d{3}\.\d{3}-\d{2}")
_IBAN = re.compile(r"[A-Z]{2}\d{2} ?([A-Z0-9]{4} ?){2,7}[A-Z0-9]{0,4}")
_CARD = re.compile(r"[3-6]\d{3}([ -]?\d){9,15}")
_IP = re.compile(r"(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)")
_URL = re.compile(r"(?:https?|ftp)://\S+|www\.\S+")


def _digits(text: str) -> list[int]:
    return [int(c) for c in text if c in "0123456789"]


def is_card(text: str) -> bool:
    """A payment card's number: 13 to 19 digits whose Luhn sum ends in zero."""
    digits = _digits(text)
    if not _CARD.fullmatch(text) or not 13 <= len(digits) <= 19:
        return False
    doubled = [d * 2 - 9 * (d > 4) for d in digits[-2::-2]]
    return (sum(digits[::-2]) + sum(doubled)) % 10 == 0


def is_national_id(text: str) -> bool:
    """A number of the United States (SSN), Switzerland (AHV), England (NHS) or Brazil (CPF), check digits included."""
    if _SSN.fullmatch(text):
        return True
    digits = _digits(text)
    if _AHV.fullmatch(text):
        return sum(d * (3 if i % 2 else 1) for i, d in enumerate(digits)) % 10 == 0
    if _NHS.fullmatch(text):
        return sum(d * (10 - i) for i, d in enumerate(digits)) % 11 == 0
    if _CPF.fullmatch(text):
        return all(sum(d * (n + 1 - i) for i, d in enumerate(digits[:n])) * 10 % 11 % 10 == digits[n] for n in (9, 10))
    return False


def is_iban(text: str) -> bool:
    """A bank account's number: ISO 13616, remainder 1 modulo 97."""
    plain = text.replace(" ", "")
    if not _IBAN.fullmatch(text) or not 15 <= len(plain) <= 34:
        return False
    return int("".join(str(int(c, 36)) for c in plain[4:] + plain[:4])) % 97 == 1


def _is_phone(text: str) -> bool:
    return bool(_PHONE.fullmatch(text)) and not _DATE_LIKE.fullmatch(text) and not is_national_id(text)


_SHAPES: dict[str, Callable[[str], object]] = {
    "email": _EMAIL.fullmatch,
    "phone": _is_phone,
    "national-id": is_national_id,
    "card": is_card,
    "bank-account": is_iban,
    "ip-address": _IP.fullmatch,
    "url": _URL.fullmatch,
}
