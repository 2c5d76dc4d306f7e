"""The ledger: exact, durable, never above the budget."""

import os
import sqlite3
import stat
from contextlib import closing
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthcli.errors import BudgetRefused, ExitCode, InputError, UsageError
from synthcli.privacy import ledger as ledger_module
from synthcli.privacy import ledger_tables
from synthcli.privacy.ledger import Ledger, NoLedger, Status, ledger_folder, open_ledger
from synthcli.privacy.ledger_releases import ReleasedRows, record_release, releases


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return open_ledger(tmp_path / "new" / "ledger.sqlite")


def test_file_and_folder_are_the_owners_alone(tmp_path):
    opened = open_ledger(tmp_path / "a" / "ledger.sqlite")
    assert stat.S_IMODE((tmp_path / "a" / "ledger.sqlite").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o700
    assert opened.folder == tmp_path / "a"


def test_the_default_place_is_the_users_data_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(ledger_module, "user_data_dir", lambda name, appauthor: str(tmp_path / name))
    open_ledger()
    assert (tmp_path / "synthcli" / "ledger.sqlite").exists()


def test_a_ledger_is_begun_only_where_that_is_wanted(tmp_path):
    for place in (tmp_path / "no" / "l.sqlite", f"sqlite:///{tmp_path}/l.sqlite"):
        with pytest.raises(NoLedger, match="there is no ledger") as refused:
            open_ledger(place, begin=False)
        assert refused.value.exit_code == ExitCode.INPUT
    (tmp_path / "empty").touch()
    with pytest.raises(NoLedger, match="no ledger in this database"):
        open_ledger(tmp_path / "empty", begin=False)
    assert [path.name for path in tmp_path.iterdir()] == ["empty"]
    assert ledger_folder(tmp_path / "no" / "l.sqlite") == tmp_path / "no"
    open_ledger(tmp_path / "empty")
    assert open_ledger(tmp_path / "empty", begin=False).datasets() == ()


def test_hints_name_the_ledger_that_the_user_named(tmp_path, monkeypatch):
    place = tmp_path / "my l.sqlite"
    ledger = open_ledger(place)
    ledger.init("a b", 1, "1e-9")
    for verb, ask in (("amend", lambda: ledger.init("a b", 2, 0)), ("amend", lambda: ledger.reserve("a b", 2, 0))):
        with pytest.raises((UsageError, BudgetRefused)) as refused:
            ask()
        assert f"synthcli ledger {verb} 'a b' --epsilon E --delta D --ledger '{place}'" in refused.value.hint
    monkeypatch.setenv("SYNTHCLI_LEDGER", str(place))
    assert open_ledger(str(place)).command("show") == "synthcli ledger show"
    assert "secret" not in ledger_module._flag("postgresql://me:secret@host/db")


def test_what_would_be_refused_reserves_nothing(ledger):
    assert ledger.refusal("d", 5, "0.1") is None
    ledger.init("d", "1", "1e-9")
    assert ledger.refusal("d", 1, "1e-9") is None
    assert isinstance(ledger.refusal("d", 1, "2e-9"), BudgetRefused)
    assert ledger.history("d") == ()


def test_urls_and_paths_open_the_same_ledger(tmp_path):
    open_ledger(tmp_path / "l.sqlite").init("d", 1, "1e-9")
    assert open_ledger(f"sqlite:///{tmp_path}/l.sqlite").account("d").epsilon == 1


@pytest.mark.parametrize(("amount", "budget", "times"), [("0.1", "1.0", 10), (0.1, 0.3, 3), ("0.7", "4.9", 7)])
def test_decimals_add_up_as_written(ledger, amount, budget, times):
    ledger.init("d", budget, "1e-8")
    for _ in range(times):
        ledger.reserve("d", amount, "1e-9")
    assert ledger.account("d").left[0] == 0
    with pytest.raises(BudgetRefused):
        ledger.reserve("d", "1e-100", 0)


def test_delta_alone_can_refuse_and_the_message_says_what_is_left(ledger):
    ledger.init("d", 10, "1e-9")
    ledger.reserve("d", "2.50", "4e-10")
    with pytest.raises(BudgetRefused) as refused:
        ledger.reserve("d", 1, "7e-10")
    assert refused.value.exit_code is ExitCode.BUDGET
    assert "epsilon 7.5 and delta 6e-10 are left" in refused.value.message
    assert refused.value.hint
    assert len(ledger.history("d")) == 1, "a refusal records nothing"


def test_the_life_of_a_spend(ledger):
    ledger.init("d", 3, "1e-8")
    kept = ledger.reserve("d", 1, "1e-9", mechanism="aim", note="nightly")
    returned = ledger.reserve("d", 1, "1e-9", mechanism="mst")
    crashed = ledger.reserve("d", 1, "1e-9")
    ledger.commit(kept, artifact_digest="aa", request_digest="rr", rho=0.01)
    ledger.cancel(returned)
    assert [s.status for s in ledger.history("d")] == [Status.COMMITTED, Status.CANCELLED, Status.RESERVED]
    first = ledger.history("d")[0]
    assert (first.mechanism, first.note, first.rho, first.pid) == ("aim", "nightly", 0.01, os.getpid())
    assert first.closed is not None and ledger.history("d")[2].closed is None
    account = ledger.account("d")
    assert (account.spent_epsilon, account.left, account.releases) == (2, (1, Decimal("8e-9")), 2)
    assert not crashed.unbudgeted
    found = ledger.find_committed("d", "rr")
    assert found is not None and found.artifact_digest == "aa"
    assert ledger.find_committed("d", "other") is None and ledger.find_committed("e", "rr") is None


def test_a_closed_reservation_stays_closed(ledger):
    done = ledger.reserve("d", 1, 0)
    ledger.commit(done, artifact_digest="")
    with pytest.raises(ValueError, match="closed"):
        ledger.cancel(done)
    assert ledger.account("d").spent_epsilon == 1


def test_without_a_budget_spends_are_recorded_and_count_later(ledger):
    assert ledger.reserve("d", 2, "1e-9").unbudgeted
    assert [a.name for a in ledger.datasets()] == ["d"] and ledger.datasets()[0].left is None
    ledger.init("d", 3, "1e-8")
    ledger.reserve("d", 1, 0)
    with pytest.raises(BudgetRefused):
        ledger.reserve("d", "0.001", 0)


def test_a_budget_is_set_once_and_only_raised(ledger):
    ledger.init("d", 1, "1e-9")
    with pytest.raises(UsageError, match="already"):
        ledger.init("d", 2, "1e-9")
    with pytest.raises(UsageError, match="lower"):
        ledger.amend("d", 2, "1e-10")
    with pytest.raises(UsageError, match="no budget"):
        ledger.amend("e", 2, "1e-10")
    assert ledger.amend("d", 2, "1e-9").left == (2, Decimal("1e-9"))


@pytest.mark.parametrize("epsilon", ["0", "-1", "nan", "inf", "one", "", "1e-999999", "1" * 300, float("nan")])
def test_amounts_that_mean_nothing_are_refused(ledger, epsilon):
    with pytest.raises(UsageError):
        ledger.reserve("d", epsilon, "1e-9")
    assert ledger.history("d") == ()


@pytest.mark.parametrize("delta", ["1", "-1e-9", "nan", "x"])
def test_deltas_that_mean_nothing_are_refused(ledger, delta):
    with pytest.raises(UsageError):
        ledger.reserve("d", 1, delta)


steps = st.lists(
    st.tuples(
        st.sampled_from(["reserve", "commit", "cancel"]),
        st.decimals("0.001", "2", places=3),
        st.decimals("0", "0.000001", places=9),
    ),
    max_size=12,
)


@settings(max_examples=25, deadline=None)
@given(steps=steps)
def test_the_total_never_exceeds_the_budget_and_only_cancelling_lowers_it(steps, tmp_path_factory):
    ledger = open_ledger(tmp_path_factory.mktemp("ledger") / "l.sqlite")
    ledger.init("d", 3, "1e-6")
    open_ones, model, before = [], Decimal(0), Decimal(0)
    for action, epsilon, delta in steps:
        if action == "reserve":
            fits = model + epsilon <= 3 and ledger.account("d").spent_delta + delta <= Decimal("1e-6")
            if fits:
                open_ones.append(ledger.reserve("d", epsilon, delta))
                model += epsilon
            else:
                with pytest.raises(BudgetRefused):
                    ledger.reserve("d", epsilon, delta)
        elif open_ones and action == "commit":
            ledger.commit(open_ones.pop(), artifact_digest="x")
        elif open_ones:
            given_back = open_ones.pop()
            ledger.cancel(given_back)
            model -= given_back.epsilon
            before = model
        account = ledger.account("d")
        assert before <= account.spent_epsilon == model <= 3
        assert account.spent_delta <= Decimal("1e-6")
        before = account.spent_epsilon


def test_the_digest_is_keyed_and_does_not_depend_on_chunks(ledger, tmp_path):
    whole = ledger.digest(b"private rows\nof a table")
    assert whole == ledger.digest([b"private ", b"", b"rows\nof a", b" table"])
    assert whole == open_ledger(tmp_path / "new" / "ledger.sqlite").digest(b"private rows\nof a table")
    assert whole != open_ledger(tmp_path / "other.sqlite").digest(b"private rows\nof a table")


def test_a_file_that_is_no_database(tmp_path):
    (tmp_path / "l.sqlite").write_bytes(b"name;value\n" * 500)
    with pytest.raises(InputError, match="not a ledger, or is damaged"):
        open_ledger(tmp_path / "l.sqlite")
    assert (tmp_path / "l.sqlite").read_bytes() == b"name;value\n" * 500


def test_a_damaged_ledger(tmp_path):
    path = tmp_path / "l.sqlite"
    open_ledger(path).init("d", 1, "1e-9")
    content = path.read_bytes()
    path.write_bytes(content[:100] + os.urandom(len(content) - 100))
    with pytest.raises(InputError, match="damaged"):
        open_ledger(path).reserve("d", 1, "1e-9")


def test_a_ledger_that_lost_a_table(tmp_path):
    path = tmp_path / "l.sqlite"
    opened = open_ledger(path)
    with sqlite3.connect(path) as connection:
        connection.execute("DROP TABLE spends")
    with pytest.raises(InputError, match="damaged"):
        opened.reserve("d", 1, "1e-9")


def test_another_programs_database(tmp_path):
    with sqlite3.connect(tmp_path / "l.sqlite") as connection:
        connection.execute("CREATE TABLE bookmarks (url TEXT)")
    with pytest.raises(InputError, match="another program"):
        open_ledger(tmp_path / "l.sqlite")


def test_a_newer_ledger(tmp_path):
    open_ledger(tmp_path / "l.sqlite")
    with sqlite3.connect(tmp_path / "l.sqlite") as connection:
        connection.execute("UPDATE synthcli_ledger SET version = 99")
    with pytest.raises(InputError, match="newer") as refused:
        open_ledger(tmp_path / "l.sqlite")
    assert "upgrade" in refused.value.hint


def test_places_that_cannot_hold_a_ledger(tmp_path):
    (tmp_path / "file").write_text("")
    for place in (tmp_path, tmp_path / "file" / "l.sqlite", "/dev/null"):
        with pytest.raises(InputError, match=r"cannot be opened for writing|not a regular file"):
            open_ledger(place)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_ledger(tmp_path):
    open_ledger(tmp_path / "l.sqlite")
    (tmp_path / "l.sqlite").chmod(0o400)
    with pytest.raises(InputError, match="cannot be opened for writing"):
        open_ledger(tmp_path / "l.sqlite")


@pytest.mark.parametrize("url", ["nosuch://host/db", "sqlite://", "sqlite:///:memory:", "://"])
def test_urls_that_open_nothing(url):
    with pytest.raises(UsageError):
        open_ledger(url)


def test_a_lock_that_is_held_too_long(tmp_path, monkeypatch):
    monkeypatch.setattr(ledger_tables, "WAIT_SECONDS", 0.2)
    opened = open_ledger(tmp_path / "l.sqlite")
    holder = sqlite3.connect(tmp_path / "l.sqlite", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(InputError, match="locked"):
        opened.reserve("d", 1, "1e-9")
    holder.execute("ROLLBACK")
    opened.reserve("d", 1, "1e-9")


@pytest.mark.parametrize("name", ["", "x" * 256, "a\nb"])
def test_names_that_are_no_names(ledger, name):
    with pytest.raises(UsageError):
        ledger.reserve(name, 1, 0)


def test_a_ledger_of_an_earlier_version_gets_the_tables_it_lacks(tmp_path):
    place = tmp_path / "l.sqlite"
    open_ledger(place).init("wards", "1", "1e-6")
    with closing(sqlite3.connect(place)) as connection:
        connection.execute("DROP TABLE releases")
    book = open_ledger(place)
    assert releases(book) == ()
    released = ReleasedRows(dataset="wards", model="ab", generation=1, rows=3, columns="{}", sketch=b"1")
    for _ in range(2):
        record_release(book, released)
    (found,) = releases(book)
    assert (replace(found, created=""), len(found.created)) == (released, 25)
    assert book.account("wards").epsilon == 1
