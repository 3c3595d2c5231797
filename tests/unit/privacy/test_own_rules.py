"""What projects ask for: by name, by path, by text; removed, masked, hashed or kept."""

from __future__ import annotations

import pytest

from watchkeeper.privacy import (
    FILTERED,
    Action,
    AddressRule,
    Emails,
    InvalidRule,
    Json,
    Policy,
    Rule,
    RuleKind,
    Scrubber,
    ScrubRules,
    check_policy,
    read_policy,
    write_policy,
)

SALT = b"pepper"


def rule(kind: str, pattern: str, action: str) -> Rule:
    return Rule(kind=RuleKind(kind), pattern=pattern, action=Action(action))


def scrubber(*rules: Rule, **policy: object) -> Scrubber:
    asked = Policy(rules=rules, **policy)  # type: ignore[arg-type]  # fields of the policy
    check_policy(asked)
    return Scrubber(ScrubRules(salt=SALT).for_policy(asked))


def scrubbed(event: dict[str, Json], *rules: Rule) -> dict[str, Json]:
    found = scrubber(*rules).scrub_event(event)
    found.pop("_scrubbed", None)
    return found


def test_a_name_is_masked_whatever_its_punctuation() -> None:
    event: dict[str, Json] = {"extra": {"patientNo": "p1", "note": "Patient-No: p2, plan: x"}}

    assert scrubbed(event, rule("name", "patient_no", "mask")) == {
        "extra": {"patientNo": FILTERED, "note": f"Patient-No: {FILTERED}, plan: x"}
    }


def test_a_name_is_removed() -> None:
    event: dict[str, Json] = {"extra": {"plan": "gold", "a": 1}}

    assert scrubbed(event, rule("name", "plan", "remove")) == {"extra": {"a": 1}}


def test_a_hash_tells_values_apart_and_does_not_show_them() -> None:
    hide = rule("name", "customer", "hash")

    one, same, other = (
        scrubbed({"tags": {"customer": name}}, hide)["tags"] for name in ("ann", "ann", "bob")
    )

    assert one == same != other
    assert str(one).startswith("{'customer': 'hash:")


def test_a_name_may_be_kept_though_it_looks_secret() -> None:
    assert scrubbed({"extra": {"session": "s1"}}, rule("name", "session", "keep")) == {
        "extra": {"session": "s1"}
    }


@pytest.mark.parametrize("headers", [{"X-Foo": "v"}, [["X-Foo", "v"]]])
def test_a_path_finds_headers_in_either_form(headers: Json) -> None:
    found = scrubbed(
        {"request": {"headers": headers}}, rule("path", "request.headers.x-foo", "mask")
    )

    assert "'v'" not in str(found)


def test_a_path_goes_through_lists_and_stars() -> None:
    event: dict[str, Json] = {
        "extra": {"a": "1", "b": {"c": "2"}},
        "breadcrumbs": {"values": [{"message": "m1"}, {"message": "m2", "level": "info"}]},
    }

    assert scrubbed(
        event,
        rule("path", "extra.*", "remove"),
        rule("path", "breadcrumbs.values.message", "mask"),
    ) == {
        "extra": {},
        "breadcrumbs": {"values": [{"message": FILTERED}, {"message": FILTERED, "level": "info"}]},
    }


def test_two_stars_reach_any_depth() -> None:
    event: dict[str, Json] = {"contexts": {"a": {"b": [{"badge": "7"}]}}, "badge": "8"}

    assert scrubbed(event, rule("path", "**.badge", "remove")) == {"contexts": {"a": {"b": [{}]}}}


def test_a_kept_path_is_kept_from_the_defaults_too() -> None:
    event: dict[str, Json] = {"extra": {"token": "t-1", "other_token": "t-2"}}

    found = scrubber(rule("path", "extra.token", "keep")).scrub_event(event)

    assert found["extra"] == {"token": "t-1", "other_token": FILTERED}
    assert found["_scrubbed"] == [{"path": "extra.other_token", "rule": "secret_name"}]


def test_the_first_rule_that_finds_a_value_decides() -> None:
    event: dict[str, Json] = {"extra": {"plan": "gold"}}

    assert scrubbed(
        event, rule("path", "extra.plan", "keep"), rule("path", "extra.*", "remove")
    ) == {"extra": {"plan": "gold"}}


@pytest.mark.parametrize(
    ("action", "expected"),
    [("mask", f"no {FILTERED} here"), ("remove", "no  here"), ("hash", "no hash:")],
)
def test_text_is_found_by_an_expression(action: str, expected: str) -> None:
    found = scrubber(rule("text", "PN-[0-9]{4}", action)).scrub_text("no PN-1234 here")

    assert found.startswith(expected)


def test_rules_hold_for_attributes_of_spans_and_logs() -> None:
    asked = scrubber(
        rule("path", "attributes.app.plan", "remove"),
        rule("name", "badge", "mask"),
        rule("path", "app.token", "keep"),
        rule("text", "PN-[0-9]{4}", "mask"),
    )

    assert asked.scrub_attributes(
        {"app.plan": "gold", "badge": "7", "app.token": "t", "note": "PN-1234", "a": "b"}
    ) == {"badge": FILTERED, "app.token": "t", "note": FILTERED, "a": "b"}


def test_e_mail_addresses_are_hashed_kept_or_hidden() -> None:
    def note(emails: Emails) -> str:
        return scrubber(emails=emails).scrub_text("mail ann@example.com")

    assert note(Emails.HIDE) == f"mail {FILTERED}"
    assert note(Emails.KEEP) == "mail ann@example.com"
    assert note(Emails.HASH).startswith("mail hash:")
    assert note(Emails.HASH) == note(Emails.HASH)


@pytest.mark.parametrize("address", ["203.0.113.9", "2001:db8::9"])
def test_addresses_are_hidden_everywhere_or_kept(address: str) -> None:
    hidden = scrubber(addresses=AddressRule.HIDE_EVERYWHERE).scrub_text(
        f"from {address} at 12:30:05"
    )
    user: dict[str, Json] = {"user": {"id": "1", "ip_address": address}}

    assert hidden == f"from {FILTERED} at 12:30:05"
    assert scrubber(addresses=AddressRule.KEEP).scrub_event(user)["user"] == {
        "id": "1",
        "ip_address": address,
    }


def test_another_project_is_not_touched() -> None:
    shared = Scrubber(ScrubRules(salt=SALT))
    shared.take_policies({2: Policy(rules=(rule("name", "plan", "mask"),))})

    assert shared.of(1).scrub_attributes({"plan": "gold"}) == {"plan": "gold"}
    assert shared.of(2).scrub_attributes({"plan": "gold"}) == {"plan": FILTERED}

    shared.take_policies({})
    assert shared.of(2).scrub_attributes({"plan": "gold"}) == {"plan": "gold"}


@pytest.mark.parametrize(
    ("bad", "position", "words"),
    [
        (rule("text", "a(b", "mask"), 0, "missing closing )"),
        (rule("text", "x*", "mask"), 0, "empty text"),
        (rule("text", "abc", "keep"), 0, "needs a name or a path"),
        (rule("path", "extra..a", "mask"), 6, "belongs here"),
        (rule("path", "extra a", "mask"), 5, "A dot belongs"),
        (rule("path", "extra.**", "mask"), 6, "needs a name behind"),
        (rule("name", "--", "mask"), 0, "letter or digit"),
    ],
)
def test_a_bad_rule_is_refused_with_its_place(bad: Rule, position: int, words: str) -> None:
    good = rule("name", "a", "mask")

    with pytest.raises(InvalidRule) as refused:
        check_policy(Policy(rules=(good, bad)))

    assert (refused.value.rule, refused.value.position) == (1, position)
    assert words in str(refused.value)


def test_a_policy_is_stored_as_json() -> None:
    policy = Policy(emails=Emails.HASH, rules=(rule("path", "extra.*", "remove"),))

    assert read_policy(write_policy(policy)) == policy
