"""Where a country stands, what can be done now, and the dates to take along."""

from __future__ import annotations

import datetime as dt
import json
import random
import re
from pathlib import Path

import icalendar
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import NOW, talks
from tests.process import run
from tests.slips import slips
from tests.test_check import told
from upr_bot import actions as a
from upr_bot.content import ROLES, Library, load, packaged
from upr_bot.content.calendar import KINDS
from upr_bot.dialog import Knowledge, Reader, respond
from upr_bot.journey import Guessed, Named, Names, Place, Several, day_of, facts_of
from upr_bot.journey.days import months_after
from upr_bot.replies import Reply, plain

CALENDAR = Path(__file__).parent / "calendar"
TODAY = NOW.date()


@pytest.fixture(scope="module")
def names(library: Library) -> Names:
    return Names(library.calendar)


def said(knowledge: Knowledge, text: str, reply_to: Reply | None = None) -> Reply:
    asks = a.spell(reply_to.asks) if reply_to and reply_to.asks else ""
    return respond(a.Ask(text, asks), Reader("en"), knowledge, NOW).reply


def tapped(knowledge: Knowledge, reply: Reply, label: str) -> Reply:
    button = next(b for b in reply.buttons if b.label == label)
    return respond(button.to.action, Reader("en"), knowledge, NOW).reply


# --- the journeys ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("replied", [True, False])
def test_a_misspelt_country_is_asked_first_and_then_shown(journeys: Knowledge, replied: bool):
    """J3, with the reply that Telegram brings along and without it."""
    asked = said(journeys, "/now")
    sure = said(journeys, "alfaland", asked if replied else None)
    assert "Alphaland?" in plain(sure.text)
    card = tapped(journeys, sure, "Alphaland")
    opened, after = plain(card.text).split("Coming next")
    coming, closed = after.split("Closed")
    assert "Open now" in opened
    assert "by 20 Dec 2026, 28 days left (confirmed" in opened
    assert coming.index("Statement for the Pre-session: by 2 Mar 2027") < coming.index("16 to 19 Mar 2027")
    assert "tentative" in coming.splitlines()[1]
    assert coming.index("16 to 19 Mar 2027") < coming.index("26 Apr to 7 May 2027")
    assert "Written submission: 30 Sep 2026" in closed
    assert [b.label for b in card.buttons][:4] == ["Dates", "Stage", "Video", "Role"]


def test_what_is_not_published_is_said_with_what_can_be_done(journeys: Knowledge):
    """J4: no day stands there that is not in the data."""
    text = plain(said(journeys, "/now Gammaland").text)
    for expected in (
        "not published yet",
        "Follow-up",
        "coalition",
        "Mid-term report: usually 24 to 30 months after the review (estimate",
    ):
        assert expected in text
    days = set(re.findall(r"(?:\d+ to )?\d{1,2} [A-Z][a-z]{2} \d{4}", text))
    assert days <= {"5 to 16 May 2025", "26 Sep 2025", "10 Nov 2026", "22 Nov 2026"}


def test_both_calendar_files_parse_and_the_neutral_one_says_nothing(journeys: Knowledge):
    """J10."""
    card = said(journeys, "/dates Betaland")
    labels = [b.label for b in card.buttons]
    assert labels[:2] == ["Calendar file", "Neutral file"]
    for label in labels[:2]:
        action = next(b.to.action for b in card.buttons if b.label == label)
        turn = respond(action, Reader("en"), journeys, NOW)
        assert turn.file is not None
        assert len(turn.file.content) <= 8_000
        events = icalendar.Calendar.from_ical(turn.file.content).walk("VEVENT")
        assert [str(e["STATUS"]) for e in events] == ["TENTATIVE"] * 3
        assert [e.decoded("DTSTART") for e in events] == [dt.date(2027, 5, 3), dt.date(2027, 6, 30), dt.date(2028, 1, 17)]
        written = turn.file.content.decode().lower() + turn.file.name.lower()
        telling = [
            w for w in ("upr", "betaland", "xbb", "geneva", "review", "session", "ohchr", "submission", "un ") if w in written
        ]
        assert bool(telling) == (label == "Calendar file"), telling


def test_an_event_keeps_its_id_and_its_sequence_rises_when_a_date_is_changed(tmp_path: Path, journeys: Knowledge):
    (tmp_path / "dialogs").mkdir()
    for file in ("countries.yaml", "sessions.yaml"):
        text = (talks.JOURNEYS / "dialogs" / file).read_text(encoding="utf-8")
        moved = text.replace("{on: 2027-06-30, status: tentative", "{on: 2027-07-02, status: confirmed")
        moved = re.sub(r"(2027-07-02.*checked: )2026-11-10", r"\g<1>2026-11-21", moved)
        (tmp_path / "dialogs" / file).write_text(moved, encoding="utf-8")
    changed = Knowledge(load(packaged(tmp_path)), compiled=packaged().compiled)
    files = [k.file(a.GetFile("XBB"), "en", TODAY) for k in (journeys, changed)]
    before, after = ({str(e["UID"]): e for e in icalendar.Calendar.from_ical(f.content).walk("VEVENT")} for f in files if f)
    assert set(before) == set(after)
    risen = [uid for uid in before if int(after[uid]["SEQUENCE"]) > int(before[uid]["SEQUENCE"])]
    assert len(risen) == 1
    assert after[risen[0]]["STATUS"] == "CONFIRMED"
    assert {str(e["UID"]) for e in icalendar.Calendar.from_ical(files[0].content).walk("VEVENT")} == set(before)


def test_estimates_are_in_a_file_only_when_asked_for_and_named_so(knowledge: Knowledge):
    assert knowledge.file(a.GetFile("MAR"), "en", TODAY) is None
    made = knowledge.file(a.GetFile("MAR", "estimates"), "en", TODAY)
    assert made is not None
    events = icalendar.Calendar.from_ical(made.content).walk("VEVENT")
    assert events
    assert all(str(e["SUMMARY"]).startswith("Estimate:") and e["STATUS"] == "TENTATIVE" for e in events)


# --- every day -------------------------------------------------------------------------------------------------------------------


@settings(max_examples=300, deadline=None)
@given(data=st.data(), day=st.dates(dt.date(2026, 1, 1), dt.date(2032, 12, 31)), role=st.sampled_from(ROLES))
def test_on_every_day_nothing_open_is_past_and_estimates_say_so(knowledge: Knowledge, data: st.DataObject, day: dt.date, role: str):
    code = data.draw(st.sampled_from(sorted(knowledge.library.calendar.countries)))
    stand = knowledge.journey.stand(code, day)
    assert len(stand.open) <= 3
    assert all(w.closes is None or w.closes.last >= day for w in stand.open)
    assert all(w.opens is None or w.opens.first <= day for w in stand.open)
    assert all(w.opens is None or w.opens.first > day or (w.after and w.after >= day) for w in stand.next)
    assert all(w.closes is not None and w.closes.last < day for w in stand.closed)
    assert stand.stage in knowledge.library.first.stages
    now = dt.datetime.combine(day, dt.time(12), dt.UTC)
    for action in (a.ShowCountry(code, role), a.ShowDates(code)):
        text = plain(respond(action, Reader("en"), knowledge, now).reply.text)
        assert len(text) <= 1200
        for line in text.splitlines():
            if "usually" in line:
                assert "estimate" in line or "no fixed date" in line, line
        if isinstance(action, a.ShowCountry):
            for window in stand.open:
                title = knowledge.library.first.windows[window.rule.id].title
                (line,) = [line for line in text.split("Closed")[0].splitlines() if line.startswith(f"- {title}: ")][:1]
                word = window.status if window.closes else "no fixed date"
                assert f"({knowledge.library.first.phrases.statuses.get(word, word)} [" in line, line


@pytest.mark.parametrize("language", ["en", "fr", "es"])
def test_b1_no_card_of_a_country_is_too_long_in_any_language(knowledge: Knowledge, language: str):
    """B1: at most 1,200 characters; States about which something special must be said have the longest, so they are tried most."""
    special = {code for code, _ in knowledge.library.calendar.special}
    assert len(special) >= 4
    for number in range(0, 2557, 29):
        day = dt.date(2026, 1, 1) + dt.timedelta(days=number)
        cards = knowledge.calendar_cards(language, "telegram", day)
        for code in special if number % 319 else knowledge.library.calendar.countries:
            stand = cards.stand(code)
            for reply in (*(cards.country(stand, role) for role in ROLES), cards.dates(stand)):
                assert len(plain(reply.text)) <= 1200, (code, day)


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        ("2027-03-27T22:59:59+00:00", "2027-03-27"),  # the clocks go forward that night: Geneva is one hour ahead
        ("2027-03-28T21:59:59+00:00", "2027-03-28"),  # and two hours from then on
        ("2027-03-28T22:00:00+00:00", "2027-03-29"),
        ("2027-10-31T22:59:59+00:00", "2027-10-31"),  # and one again
        ("2026-12-31T23:00:00+00:00", "2027-01-01"),
        ("2028-02-28T23:00:00+00:00", "2028-02-29"),
    ],
)
def test_days_are_those_of_geneva(moment: str, day: str):
    """R4."""
    assert day_of(dt.datetime.fromisoformat(moment)) == dt.date.fromisoformat(day)


def test_months_end_where_they_end():
    assert months_after(dt.date(2028, 2, 29), -12) == dt.date(2027, 2, 28)
    assert months_after(dt.date(2027, 1, 31), 1) == dt.date(2027, 2, 28)
    assert months_after(dt.date(2027, 1, 15), -13) == dt.date(2025, 12, 15)


# --- which country ---------------------------------------------------------------------------------------------------------------


def test_every_name_alias_and_code_names_its_state(library: Library, names: Names):
    asked = {"Congo", "Guinée"}
    for country in library.calendar.countries.values():
        for name in (*country.names.values(), *country.aliases, country.code, country.alpha2, country.code.lower()):
            if name not in asked:
                assert names.find(name) == Named(country.code), name
        flag = "".join(chr(ord(c) - ord("A") + 0x1F1E6) for c in country.alpha2)
        assert names.find(flag) == Named(country.code)


def test_one_slip_still_names_the_state_and_never_another(library: Library, names: Names):
    dice = random.Random(20261122)
    right = tried = 0
    for country in library.calendar.countries.values():
        for name in sorted({*country.names.values(), *country.aliases}):
            for _, slip in slips(name, dice):
                found = names.find(slip)
                tried += 1
                right += found in (Named(country.code), Guessed(country.code))
                assert not isinstance(found, Guessed) or found.code == country.code, (slip, found)
    assert tried > 2_000
    assert right / tried >= 0.95, right / tried


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("Niger", Named("NER")),
        ("Guinea", Named("GIN")),
        ("Dominica", Named("DMA")),
        ("Congo", Several(("COG", "COD"))),
        ("corée", Several(("KOR", "PRK"))),
        ("Nigera", Several(("NER", "NGA"))),
        ("Malwi", Several(("MWI", "MLI"))),
        ("Sudan sud", Several(("SDN", "SSD"))),
        ("I am from Nepal", Named("NPL")),
        ("Kenya and Uganda", Several(("KEN", "UGA"), together=True)),
        ("Hong Kong", Place("CHN")),
        ("palestine", Place(None)),
        ("xyzzy", None),
        ("", None),
        ("\U0001f600", None),
        ("x" * 300, None),
    ],
)
def test_what_is_meant(names: Names, typed: str, found: object):
    assert names.find(typed) == found


def test_a_short_word_typed_alone_is_no_country_unless_in_capitals(knowledge: Knowledge):
    assert "United States" in plain(said(knowledge, "US").text)
    for word in ("no", "us", "car", "in"):
        assert "what can I do now?" not in plain(said(knowledge, word).text)


def test_a_word_of_its_own_is_not_taken_for_the_slip_of_a_country(knowledge: Knowledge):
    for word in ("chat", "child", "mail", "alliance", "logo", "peers"):
        assert not any(isinstance(b.to.action, a.ShowCountry) for b in said(knowledge, word).buttons), word
    assert plain(said(knowledge, "switzerlnd").text).startswith("Switzerland?")


def test_a_country_in_a_question_gets_a_button_and_does_not_mislead(knowledge: Knowledge):
    reply = said(knowledge, "deadline kenya")
    assert reply.options
    first = reply.rows[0][0]
    assert (first.label, first.to.action) == ("What can I do now?", a.ShowCountry("KEN"))


@pytest.mark.parametrize(
    "typed", ["/now xyzzy", "/now " + "x" * 300, "/now \U0001f600", "/now Kenya Uganda", "/session", "/session 999"]
)
def test_what_cannot_be_answered_gets_a_word_and_a_way_on(knowledge: Knowledge, typed: str):
    reply = said(knowledge, typed)
    assert len(reply.buttons) > 2
    assert "x" * 20 not in plain(reply.text)


# --- sessions --------------------------------------------------------------------------------------------------------------------


def test_a_session_lists_its_states_and_dates_and_the_coming_one_is_found(knowledge: Knowledge):
    text = plain(said(knowledge, "/session 54").text)
    for code in knowledge.library.calendar.sessions[54].states:
        assert knowledge.library.calendar.countries[code].label("en") in text
    assert "January to February 2027 (tentative" in text
    assert "Ukraine" not in text, "its placement is an inference: readers are told that it is not announced"
    assert "Session 53" in plain(said(knowledge, "/next").text)


def case_of(case: dict) -> str:
    return f"{case['country']}-{case['on']}"


@pytest.mark.parametrize("case", yaml.safe_load((CALENDAR / "days.yaml").read_text(encoding="utf-8")), ids=case_of)
def test_a_country_day_worked_out_by_hand(knowledge: Knowledge, case: dict):
    """Against `tests/calendar/days.yaml`, whose reasons stand beside each case."""
    book = knowledge.library.first
    stand = knowledge.journey.stand(case["country"], case["on"])
    found = facts_of(stand, book, knowledge.library.calendar)
    items = {item["id"]: item for place in ("open", "next", "closed") for item in found[place]}
    assert {key: found[key] for key in ("session", "stage")} == {key: case[key] for key in ("session", "stage")}
    assert [item["id"] for item in found["open"]] == case["open"]
    for place in ("next", "closed"):
        assert [item["id"] for item in found[place]][: len(case[place]) or None] == case[place], place
    for window, edges in case["dates"].items():
        assert {key: items[window][key] for key in edges} == {key: str(edge) if edge else edge for key, edge in edges.items()}, (
            window
        )


# --- at the command line ---------------------------------------------------------------------------------------------------------


async def test_now_as_json():
    code, out, err = await run("now", "alfaland", "--on", "2026-11-22", "--json", UPR_CONTENT=str(talks.JOURNEYS))
    assert (code, err) == (0, "")
    found = json.loads(out)
    assert (found["country"], found["matched"], found["session"], found["stage"]) == ("XAA", "Alphaland", 90, "pre_session")
    first = found["open"][0]
    assert (first["ends"], first["status"], first["checked"]) == ("2026-12-20", "confirmed", "2026-11-10")
    assert [item["id"] for item in found["next"]] == ["presession-statement", "presession", "review"]
    assert found["closed"][0]["id"] == "submission"
    assert json.loads((await run("now", "Congo", "--json"))[1]) == {"country": None, "candidates": ["COD", "COG"]}
    assert json.loads((await run("now", "niger", "--json"))[1])["country"] == "NER"


@pytest.mark.parametrize("arguments", [("now", "xyzzy"), ("now", "Nepal", "--on", "1999-01-01"), ("now", "Nepal", "--on", "soon")])
async def test_a_wrong_call_is_one_sentence(arguments: tuple[str, ...]):
    code, out, err = await run(*arguments)
    assert (code, out) == (2, "")
    assert len(err.strip().splitlines()) == 1


async def test_a_calendar_file_is_written_only_when_there_is_a_date(tmp_path: Path):
    file = tmp_path / "dates.ics"
    on = ("--on", "2026-11-22", "--ics", str(file))
    code, _, err = await run("dates", "Gammaland", *on, UPR_CONTENT=str(talks.JOURNEYS))
    assert code == 1
    assert len(err.strip().splitlines()) == 1
    assert not file.exists()
    assert (await run("dates", "Betaland", *on, "--neutral", UPR_CONTENT=str(talks.JOURNEYS)))[0] == 0
    assert len(icalendar.Calendar.from_ical(file.read_bytes()).walk("VEVENT")) == 3


# --- what check refuses ----------------------------------------------------------------------------------------------------------


MISLEADING = {
    "incomplete": [
        ("to: 2027-05-07, status: confirmed, ", "to: 2027-05-07, ", "'status' is missing"),
        (
            "{on: 2026-12-20, status: confirmed, source: https://upr-info.org/en/presessions,",
            "{on: 2026-12-20, status: confirmed,",
            "'source' is missing",
        ),
        (", checked: 2026-11-10}\n    states: [XAA]", "}\n    states: [XAA]", "'checked' is missing"),
    ],
    "unsure": [
        ("on: 2026-09-30, status: confirmed", "on: 2026-09-30, status: tentative", "had gone by when it was checked"),
        (
            "on: 2027-06-30, status: tentative,",
            "on: 2027-06-30, status: tentative, basis: a guess,",
            "has a 'basis' and is marked tentative",
        ),
        ("from: 2027-03-16, to: 2027-03-19", "earliest: 2027-03-16, latest: 2027-03-19", "is a span and marked confirmed"),
        ("on: 2026-12-20", "on: 2027-03-20", "comes before 'presession-application'"),
    ],
    "guessed": [("on: 2027-06-30, status: tentative", "on: 2027-06-30, status: estimate", "estimate without 'basis'")],
    "doubled": [("states: [XBB]", "states: [XBB, XAA]", "'XAA' stands twice in cycle 7")],
    "unknown": [("states: [XBB]", "states: [XBX]", "'XBX' is not in dialogs/countries.yaml")],
}


@pytest.mark.parametrize("kind", MISLEADING)
def test_check_refuses_a_calendar_that_misleads(tmp_path: Path, kind: str):
    (tmp_path / "dialogs").mkdir()
    for file in ("countries.yaml", "sessions.yaml"):
        (tmp_path / "dialogs" / file).write_bytes((talks.JOURNEYS / "dialogs" / file).read_bytes())
    mistakes = MISLEADING[kind]
    text = told(tmp_path, **{str(number): ("dialogs/sessions.yaml", *mistake[:2]) for number, mistake in enumerate(mistakes)})
    for _, _, message in mistakes:
        assert message in text


def test_the_packaged_calendar_holds_every_state_once_a_cycle(overlay: Path, library: Library):
    assert len(library.calendar.countries) == 193
    fourth = [code for s in library.calendar.sessions.values() if s.cycle == 4 for code in s.states]
    assert sorted([*fourth, "UKR"]) == sorted(library.calendar.countries)
    assert set(KINDS) >= {kind for s in library.calendar.sessions.values() for kind in s.dates}


# --- what a curator adds ---------------------------------------------------------------------------------------------------------


async def test_a_date_is_added_and_what_readers_will_see_is_shown(tmp_path: Path):
    (tmp_path / "dialogs").mkdir()
    for file in ("countries.yaml", "sessions.yaml"):
        (tmp_path / "dialogs" / file).write_bytes((talks.JOURNEYS / "dialogs" / file).read_bytes())
    sessions = tmp_path / "dialogs/sessions.yaml"
    official = ("--source", "https://upr-info.org/en/presessions", "--checked", "2026-11-21", "--status", "confirmed")
    add = ("dates", "add", "92", "presession")
    code, out, err = await run(*add, "2027-11-09", "--to", "2027-11-12", *official, UPR_CONTENT=str(tmp_path))
    assert (code, err) == (0, "")
    assert "+ - Pre-session in Geneva: 9 to 12 Nov 2027" in out
    assert "XBB" in out
    text = sessions.read_text(encoding="utf-8")
    assert text.startswith("# The calendar of the journeys"), "comments stay"
    assert "from: 2027-11-09, to: 2027-11-12, status: confirmed" in text
    code, out, err = await run(*add, "2027-11-16", "--to", "2027-11-19", *official, UPR_CONTENT=str(tmp_path))
    assert (code, err) == (0, "")
    assert "revision: 1" in sessions.read_text(encoding="utf-8"), "changed twice a day, and calendars notice both"
    text = sessions.read_text(encoding="utf-8")
    code, out, err = await run(*add, "2028-02-16", *official, UPR_CONTENT=str(tmp_path))
    assert code == 1
    assert "comes before" in err
    code, _, err = await run("dates", "add", "92", "presesion", "2027-11-16", *official, UPR_CONTENT=str(tmp_path))
    assert code == 2
    assert "did you mean 'presession'?" in err
    assert sessions.read_text(encoding="utf-8") == text, "what is refused is not written"
