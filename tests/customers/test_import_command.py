"""The laws of the command: it does what the page does, for lists of any length, and its exit code says how it went."""

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from bench.customer_import import HEADERS as BENCH_HEADERS
from bench.customer_import import write_list
from customers.models import Customer, ImportBatch, ImportRow
from customers.services import register_customer
from servicepro.lib.spreadsheet import DEFAULT_LIMITS
from tenants.models import Tenant
from tests.customers.lists import another_being_written, as_csv, everybody, number

ANA, BEN = number(1), number(2)
GOOD = [("Ana", ANA, "ana@example.com"), ("Ben", BEN, "")]
BAD = [*GOOD, ("", number(3), ""), ("Eve", "12", "")]


def _file(folder: Path, content: bytes) -> Path:
    path = folder / "list.csv"
    path.write_bytes(content)
    return path


def _run(path: Path, *options: str, tenant: str = "shop") -> tuple[int, str, str, str]:
    """Run the command; return exit code, output, progress, and the last sentence."""
    out, err = io.StringIO(), io.StringIO()
    try:
        call_command("import_customers", str(path), *options, tenant=tenant, stdout=out, stderr=err)
    except CommandError as error:
        return error.returncode, out.getvalue(), err.getvalue(), str(error)
    return 0, out.getvalue(), err.getvalue(), ""


def test_a_list_without_a_fault_is_written_and_ends_with_zero(tenant: Tenant, tmp_path: Path) -> None:
    code, out, err, _last = _run(_file(tmp_path, as_csv(GOOD)))
    assert code == 0
    assert "Done:" in out and "2  new" in out and "it can be taken back for 30 days" in out
    assert "2 of 2 rows read" in err and "2 of 2 rows written" in err
    assert Customer.objects.count() == 2
    assert ImportBatch.objects.get().status == "completed"


def test_rows_that_cannot_be_used_end_with_three_and_the_others_are_in(tenant: Tenant, tmp_path: Path) -> None:
    code, out, _err, last = _run(_file(tmp_path, as_csv(BAD)))
    assert (code, last) == (3, "2 of 4 rows were not imported.")
    assert "2  refused" in out
    assert Customer.objects.count() == 2


def test_it_writes_the_rows_to_fix_into_a_report_that_can_be_brought_again(tenant: Tenant, tmp_path: Path) -> None:
    report = tmp_path / "fix.csv"
    assert _run(_file(tmp_path, as_csv(BAD)), "--report", str(report))[0] == 3
    lines = report.read_text(encoding="utf-8-sig").splitlines()
    assert len(lines) == 3 and "Name is required" in lines[1]
    report.write_text(lines[0] + "\n" + lines[1].replace(",,", ",Cid,", 1) + "\n")
    assert _run(report)[0] == 0
    assert Customer.objects.filter(name="Cid", phone=number(3)).exists()


def test_a_report_that_cannot_be_written_is_said_and_the_list_is_in(tenant: Tenant, tmp_path: Path) -> None:
    code, _out, _err, last = _run(_file(tmp_path, as_csv(BAD)), "--report", str(tmp_path / "nowhere" / "fix.csv"))
    assert code == 1 and last.startswith("The report cannot be written")
    assert Customer.objects.count() == 2


def test_a_dry_run_says_what_would_happen_and_keeps_nothing(tenant: Tenant, tmp_path: Path) -> None:
    register_customer(name="Ana", phone_text=ANA)
    before = everybody()
    report = tmp_path / "fix.csv"
    code, out, _err, last = _run(_file(tmp_path, as_csv(BAD)), "--dry-run", "--report", str(report))
    assert (code, last) == (3, "2 of 4 rows would not be imported.")
    assert "Would happen:" in out and "1  new" in out and "1  changed" in out and "taken back" not in out
    assert "Name is required" in report.read_text(encoding="utf-8-sig")
    assert everybody() == before
    assert not ImportRow.objects.exists() and ImportBatch.objects.get().status == "discarded"


def test_columns_are_named_by_hand_where_their_headings_say_nothing(tenant: Tenant, tmp_path: Path) -> None:
    path = _file(tmp_path, as_csv([("Ana", ANA, "tea")], ("Who", "Reach", "Drinks")))
    assert _run(path, "--map", "name=Who", "--map", "phone=Reach", "--map", "notes=Drinks")[0] == 0
    ana = Customer.objects.get()
    assert (ana.name, ana.phone, ana.notes) == ("Ana", ANA, "tea")


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("phone", "write FIELD=HEADER"),
        ("phone=", "write FIELD=HEADER"),
        ("telephone=Phone", "there is no field “telephone”"),
        ("phone=Mobil", "There is no column “Mobil”. The columns are: Name, Phone, Email"),
        ("extra=Phone", "phone"),
    ],
)
def test_a_wrong_mapping_is_said_and_nothing_is_kept(tenant: Tenant, tmp_path: Path, typed: str, sentence: str) -> None:
    code, _out, _err, last = _run(_file(tmp_path, as_csv(GOOD)), "--map", typed)
    assert code == 1 and sentence in last
    assert not Customer.objects.exists() and not ImportBatch.objects.exists()


@pytest.mark.parametrize("content", [b"", b"MZ\x90\x00" + b"\0" * 200, b"%PDF-1.7 ...", b"Name,Phone,Email\n"])
def test_a_file_that_is_no_list_ends_with_one_and_a_sentence(tenant: Tenant, tmp_path: Path, content: bytes) -> None:
    code, _out, _err, last = _run(_file(tmp_path, content))
    assert code == 1 and last.endswith((".", "…")) and "Traceback" not in last
    assert not ImportBatch.objects.exists()


def test_a_file_that_is_not_there_and_a_folder_are_said(tenant: Tenant, tmp_path: Path) -> None:
    assert _run(tmp_path / "none.csv")[::3] == (1, f"There is no file {tmp_path / 'none.csv'}.")
    assert _run(tmp_path)[0] == 1


def test_a_business_that_is_not_there_is_said(tenant: Tenant, tmp_path: Path) -> None:
    code, _out, _err, last = _run(_file(tmp_path, as_csv(GOOD)), tenant="nobody")
    assert code == 1 and "nobody" in last


def test_only_replace_overwrites_what_is_known(tenant: Tenant, tmp_path: Path) -> None:
    register_customer(name="Ana Lopez", phone_text=ANA)
    path = _file(tmp_path, as_csv([("Anna", ANA, "")]))
    assert _run(path)[0] == 0 and Customer.objects.get().name == "Ana Lopez"
    assert _run(path, "--replace")[0] == 0 and Customer.objects.get().name == "Anna"


def test_repeating_it_adds_nobody(tenant: Tenant, tmp_path: Path) -> None:
    path = _file(tmp_path, as_csv(GOOD))
    _run(path)
    before = everybody()
    code, out, _err, _last = _run(path)
    assert (code, everybody()) == (0, before) and "2  known already, nothing new" in out


def test_while_another_list_is_written_it_leaves_its_own_to_a_worker(tenant: Tenant, tmp_path: Path) -> None:
    with another_being_written():
        code, _out, _err, last = _run(_file(tmp_path, as_csv(GOOD)))
    assert code == 1 and "a worker writes it" in last
    assert ImportBatch.objects.get().status == "queued"


def test_lists_longer_than_an_upload_may_be_are_read_and_written(tenant: Tenant, tmp_path: Path) -> None:
    rows = DEFAULT_LIMITS.rows_max + 500
    path = tmp_path / "long.csv"
    write_list(path, rows)
    code, out, err, _last = _run(path)
    batch = ImportBatch.objects.get()
    assert code == 3
    assert (batch.total_records, batch.processed, batch.status) == (rows, rows, "completed")
    assert batch.total_records == batch.successful_imports + batch.failed_imports + batch.duplicate_skipped
    assert Customer.objects.count() == batch.new_count == rows - rows // 50
    assert f"{rows:,} of {rows:,} rows written" in err and f"{rows:,}  rows in" in out


def test_the_list_of_the_bench_is_one_people_have(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    write_list(path, 1_000)
    with path.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    assert tuple(header) == BENCH_HEADERS and len(rows) == 1_000
    assert sum(row[1] == "555-12" for row in rows) == 10


def test_the_bench_measures_ours_and_the_peer_on_the_same_rows(django_db_setup: None, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "bench.customer_import", "--rows", "200", "--command-rows", "400", "--runs", "1"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, env=dict(os.environ))
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["runs"][0]["rows"] == {"new": 196, "refused": 2, "duplicate_in_file": 2}
    assert report["peer"]["rows"]["stored"] == 196
    assert [one["rows"] for one in report["command"]] == [200, 400]
    assert report["timesThePeer"] > 0 and report["median"]["memoryMb"] > 0
