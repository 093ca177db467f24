"""Who wins an address under a key, when many want it at once."""

import threading
import uuid

from django.db import connection
from django_tenants.utils import schema_context

from messaging.services.claims import Claim, Settlement, claim, settle


def wishes(count: int) -> list[Claim]:
    return [Claim(uuid.uuid4(), f"tag-{n:04d}", f"digest {n}") for n in range(count)]


def states(key: str) -> dict[str, tuple[str, uuid.UUID]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT phone, state, attempt_id FROM public.port_recovery_sms_sends WHERE tenant_id = %s AND campaign_key = %s",
            [connection.schema_name, key],
        )
        return {tag: (state, attempt) for tag, state, attempt in cursor.fetchall()}


def test_an_address_is_won_once_by_one_of_many_parallel_workers(tenant):
    batches, won = [wishes(300) for _worker in range(6)], []
    gate = threading.Barrier(len(batches))

    def work(batch: list[Claim]) -> None:
        with schema_context(schema):
            gate.wait(10)
            won.append(claim("sms", "race", "sender", batch))
        connection.close()

    schema = connection.schema_name
    workers = [threading.Thread(target=work, args=(batch,)) for batch in batches]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sum(len(attempts) for attempts in won) == 300
    assert set().union(*won) == {attempt for _state, attempt in states("race").values()}


def test_among_the_claimed_and_the_sent_a_new_one_and_a_released_one_are_won(tenant):
    first = wishes(4)
    assert claim("sms", "again", "sender", first) == {item.attempt_id for item in first}
    settle("sms", [Settlement(first[1].attempt_id, "sent", "SM1"), Settlement(first[2].attempt_id, "released", "", "line\none")])
    settle("sms", [Settlement(first[3].attempt_id, "rejected", "", "no such number")])
    second = wishes(5)
    assert claim("sms", "again", "sender", second) == {second[2].attempt_id, second[4].attempt_id}
    found = states("again")
    assert [found[item.tag][0] for item in second] == ["claimed", "sent", "claimed", "rejected", "claimed"]


def test_of_two_who_share_an_address_the_first_claims_it_and_nobody_beside_them_waits(tenant):
    first, other, second = wishes(3)
    second = Claim(second.attempt_id, first.tag, second.body_digest)
    assert claim("sms", "shared", "sender", [first, other, second]) == {first.attempt_id, other.attempt_id}
    assert {attempt for _state, attempt in states("shared").values()} == {first.attempt_id, other.attempt_id}


def test_one_claim_and_one_outcome_at_a_time_keep_every_column(tenant):
    only = wishes(1)
    assert claim("sms", "single", "sender", only) == {only[0].attempt_id}
    settle("sms", [Settlement(only[0].attempt_id, "sent", "SM42")])
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT state, sms_ok, sms_sid, last_error, sender, body_digest FROM public.port_recovery_sms_sends WHERE campaign_key = 'single'"
        )
        assert cursor.fetchone() == ("sent", True, "SM42", None, "sender", "digest 0")
