"""Records of one wearer make a chain, signed by keys that vouch for one another; what is amiss in it shows."""

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import pytest

from footsense.completion import Keys, encoded, entry_in, fingerprint
from footsense.errors import RecordError
from tests.kept import CANARY, NOW, Made, call, chain_answer, ledger_of, more_records, session_in


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Made once for all."""
    return session_in(tmp_path_factory.mktemp("session"))


@pytest.fixture
def made(first: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Made:
    return first.copied(tmp_path / "s", monkeypatch)


def test_a_chain_shows_what_was_taken_out_or_put_in(made: Made) -> None:
    later = more_records(made, 3)
    assert chain_answer(made.record) == ("yes", "number 1 of 4, none missing before the last")
    kept = later[0].read_bytes()
    later[0].unlink()
    assert chain_answer(later[2]) == ("no", "number 2 of the wearer's records is missing")
    later[0].write_bytes(later[1].read_bytes())
    assert chain_answer(later[2])[0] == "no"
    other = ledger_of(made).keys.signed(
        msgspec.structs.replace(entry_in(kept), created_utc="2027-01-01T00:00:00Z")
    )
    later[0].write_bytes(encoded(other))
    answer, text = chain_answer(later[2])
    assert (answer, "number 3 of the wearer's records does not follow number 2" in text) == ("no", True)
    later[0].write_bytes(b"{}")
    assert chain_answer(later[2])[0] == "no"


def test_a_record_alone_says_that_its_chain_is_not_there(made: Made, tmp_path: Path) -> None:
    (second,) = more_records(made, 1)
    alone = Path(shutil.copy(second, tmp_path))
    assert chain_answer(alone)[0] == "not-checked"


def test_a_new_key_is_vouched_for_by_the_old_one(made: Made) -> None:
    old = entry_in(made.data).key
    assert fingerprint(old) in call("keys").output
    assert fingerprint(old) in call("keys", "--rotate").output
    more_records(made, 1)
    call("keys", "--rotate")
    last = more_records(made, 2)[-1]
    assert entry_in(last.read_bytes()).key != old
    assert chain_answer(last) == ("yes", "number 4 of 4, none missing before the last")


def test_a_rotation_cut_short_leaves_the_old_key_good(made: Made) -> None:
    keys = ledger_of(made).keys
    secret = (keys.folder / "signing.key").read_bytes()
    keys.rotate("2026-01-01")
    (keys.folder / "signing.key").write_bytes(secret)  # as if it had never been put in place
    keys.rotate("2026-01-02")
    assert chain_answer(more_records(made, 1)[0])[0] == "yes"


def test_a_key_that_nothing_leads_to_breaks_the_chain(made: Made, tmp_path: Path) -> None:
    (second,) = more_records(made, 1)
    other = Keys(tmp_path / "other").signed(entry_in(second.read_bytes()))
    second.write_bytes(encoded(other))
    answer, text = chain_answer(second)
    assert (answer, "signed by a key that nothing links" in text) == ("no", True)


def test_no_record_is_put_behind_one_whose_key_is_gone(made: Made) -> None:
    (made.home / "keys" / "signing.key").unlink()
    with pytest.raises(RecordError, match="which is not here any more"):
        more_records(made, 1)
    assert len(list(made.record.parent.iterdir())) == 1


def test_keys_that_several_ask_for_at_once_are_the_same(tmp_path: Path) -> None:
    for n in range(20):
        keys = Keys(tmp_path / str(n))
        with ThreadPoolExecutor(4) as pool:
            assert len(set(pool.map(lambda _, k=keys: k.public, range(4)))) == 1


def test_a_wearer_is_purged_by_name_and_only_for_sure(made: Made) -> None:
    routine = made.folder / "mine.toml"
    other = call("verify", made.recordings[0], "--routine", routine, "--record", "--wearer", "other", "--json")
    kept = Path(json.loads(other.stdout)["record"])
    told = call("keys", "--purge", CANARY)
    assert (told.exit_code, told.output.split(";")[0]) == (0, "1 record of that wearer")
    assert made.record.exists()
    told = call("keys", "--purge", CANARY, "--yes")
    assert (told.exit_code, told.output) == (0, "1 record removed\n")
    assert not made.record.parent.exists()
    assert kept.exists()
    again = call("keys", "--purge", CANARY, "--yes")
    assert "no completion record of that wearer" in str(again.exception)
    assert CANARY not in str(again.exception)
    for args in (["--yes"], ["--purge", CANARY, "--rotate"]):
        assert "--yes belongs to --purge NAME" in str(call("keys", *args).exception)


def test_one_wearer_can_be_purged_and_the_other_chain_stays_whole(made: Made) -> None:
    ledger = ledger_of(made)
    other = ledger.append(ledger.keys.pseudonym("another"), entry_in(made.data).body, NOW)
    assert ledger.purge(entry_in(made.data).subject) == 1
    assert not made.record.exists()
    assert chain_answer(other)[0] == "yes"
    assert entry_in(other.read_bytes()).seq == 1


def test_a_chain_that_cannot_be_read_is_not_begun_anew(made: Made) -> None:
    body = entry_in(made.data).body
    made.record.write_bytes(b"torn")
    with pytest.raises(RecordError):
        ledger_of(made).append(made.record.parent.name, body, NOW)
    assert len(list(made.record.parent.iterdir())) == 1
