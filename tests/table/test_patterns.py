"""Shapes of personal data: the published specimens are told, and one changed digit is not."""

import random

import pytest

from synthcli.table.category_order import ordered
from synthcli.table.patterns import flags_by_name, flags_by_values, is_card, is_iban, is_key_name, is_national_id


@pytest.mark.parametrize(
    ("test", "specimen"),
    [
        (is_card, "4111 1111 1111 1111"),
        (is_card, "378282246310005"),
        (is_iban, "GB82 WEST 1234 5698 7654 32"),
        (is_iban, "DE89370400440532013000"),
        (is_national_id, "756.9217.0769.85"),
        (is_national_id, "943 476 5919"),
        (is_national_id, "111.444.777-35"),
    ],
)
def test_check_digits(test: object, specimen: str) -> None:
    assert callable(test)
    assert test(specimen)
    changed = specimen[:-1] + str((int(specimen[-1]) + 1) % 10)
    assert not test(changed)


@pytest.mark.parametrize(
    "number", ["000-12-3456", "666-12-3456", "912-12-3456", "123-00-4567", "123-45-0000", "12-345-6789"]
)
def test_numbers_that_no_social_security_card_has(number: str) -> None:
    assert is_national_id("078-05-1120")
    assert not is_national_id(number)


def test_random_digits_are_no_cards() -> None:
    """One in ten passes the check; nine in ten would have to. Chance of a false alarm below 1e-100."""
    rng = random.Random(1)
    assert flags_by_values([f"4{rng.randrange(10**15):015}" for _ in range(200)]) == set()


@pytest.mark.parametrize(
    ("name", "flags"),
    [
        ("fake_first_name", {"name"}),
        ("LastName", {"name"}),
        ("NAME", {"name"}),
        ("clinic_name", set()),
        ("country name", set()),
        ("emailAddress", {"email", "address"}),
        ("home-phone", {"phone"}),
        ("SSN", {"national-id"}),
        ("date_of_birth", {"birth-date"}),
        ("pan_day", set()),
        ("relationship", set()),
    ],
)
def test_names_of_columns(name: str, flags: set[str]) -> None:
    assert flags_by_name(name) == flags


def test_names_of_keys() -> None:
    assert all(map(is_key_name, ["id", "idNum", "patient_nbr", "subjectID", "rownames", "UUID"]))
    assert not any(map(is_key_name, ["identity", "paid", "number_outpatient", "valid", "keyboard"]))


@pytest.mark.parametrize(
    ("categories", "expected"),
    [
        (["[10-20)", "[0-10)", "[100-110)"], ("[0-10)", "[10-20)", "[100-110)")),
        ([">30", "<30"], ("<30", ">30")),
        (["85+", "0 to 17", "18 to 84"], ("0 to 17", "18 to 84", "85+")),
        (["Severe", "Mild", "None"], ("None", "Mild", "Severe")),
        (["10", "9"], None),
        (["401.9", "V45", "9"], None),
        (["red", "green"], None),
        (["1-2"], None),
    ],
)
def test_natural_orders(categories: list[str], expected: tuple[str, ...] | None) -> None:
    assert ordered(categories) == expected
